import { read } from './gateway.js';
import { html } from './lit-html.js';
import { findingText, requestView, statusText } from './request.js';
import { number, table, wide } from './table.js';
import { msText, NOTHING, timeText } from './words.js';

const FILTERS = {
  '': { label: 'All', none: 'No request yet.' },
  slow: { label: 'Slow', none: 'None of the latest requests took longer than usual.' },
  miss: { label: 'Missed', none: 'None of the latest requests missed a cache.' },
  failed: { label: 'Failed', none: 'None of the latest requests failed.' },
};

/** `#requests`, `#requests/slow`, and one request as `#requests/id/<id>`. */
export const requests = {
  title: 'Requests',
  async load([name = '', id]) {
    if (name === 'id') return (await read(`requests?id=${encodeURIComponent(id)}`)).requests;
    return (await read(name in FILTERS && name !== '' ? `requests?${name}` : 'requests')).requests;
  },
  /** One request does not change any more, except that it may end. */
  everyMs: 4_000,
  draw: (_page, list, [name = '', id]) => (name === 'id' ? one(list, id) : listView(list, name)),
};

function one(list, id) {
  return html`<p><a href="#requests">All requests</a></p>
    ${list.map(request => requestView(request, id))}`;
}

function listView(list, name) {
  const { none } = FILTERS[name] ?? FILTERS[''];
  return html`
    <ul class="filters" aria-label="Filters">
      ${Object.entries(FILTERS).map(
        ([filter, { label }]) => html`<li>
          <a href=${filter === '' ? '#requests' : `#requests/${filter}`} aria-current=${filter === name ? 'true' : 'false'}>
            ${label}
          </a>
        </li>`,
      )}
    </ul>
    ${
      list.length === 0
        ? html`<p class="empty">${none}</p>`
        : table(
            'Latest requests',
            ['Request', 'Time', number('Status'), number('Took'), wide('Why')],
            list.map(({ requestId, method, path, at, status, durationMs, findings: [first] }) => [
              html`<a href=${`#requests/id/${encodeURIComponent(requestId)}`}><code>${method} ${path}</code></a>`,
              timeText(at),
              statusText(status),
              msText(durationMs),
              first === undefined ? NOTHING : html`<span class="why">${findingText(first)}</span>`,
            ]),
          )
    }
  `;
}
