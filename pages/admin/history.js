import { command, read } from './gateway.js';
import { html, nothing } from './lit-html.js';
import { number, routeName, state, table, wide } from './table.js';
import { counted, dayText, msText, NOTHING, percentText, whole } from './words.js';

export const history = {
  title: 'History',
  // It reads the metrics of every process.
  everyMs: 60_000,
  load: () => read('history'),
  draw: (page, { generations }) => html`
    ${
      page.snapshots.latest.canReload
        ? html`<p><button type="button" @click=${() => reload(page)}>Reload the routes</button></p>`
        : html`<p class="note">One process goes on with the routes it has; with <code>--workers</code> it can reload them.</p>`
    }
    ${generations.map(generationView)}
    ${generations.length === 0 ? html`<p class="empty">The gateway has not loaded its routes yet.</p>` : nothing}
  `,
};

const KINDS = { serving: 'good', replaced: 'odd', refused: 'bad' };
const SINCE = { serving: 'since', replaced: 'from', refused: 'at' };

function generationView({ generation, at, state: how, changes, routes, mistakes }) {
  const title = how === 'refused' ? `Refused load; generation ${generation} goes on` : `Generation ${generation}`;
  return html`<section class="generation">
    <h3>${title} ${state(how, KINDS[how])} <span class="note">${SINCE[how]} ${dayText(at)}</span></h3>
    ${mistakes.length === 0 ? nothing : html`<ul class="mistakes">${mistakes.map(line => html`<li>${line}</li>`)}</ul>`}
    ${changesView(how, generation, changes)}
    ${
      routes.length === 0
        ? how === 'refused'
          ? nothing
          : html`<p class="empty">No request yet.</p>`
        : table(
            `Routes of generation ${generation}`,
            ['Route', ...['Requests', 'Errors', '95 % within', 'Errors before', '95 % before'].map(number)],
            mostUsed(routes).map(({ route, before, ...now }) => [
              routeName(route),
              whole(now.requests),
              errorText(now),
              timeText(now),
              before === undefined ? NOTHING : errorText(before),
              before === undefined ? NOTHING : timeText(before),
            ]),
          )
    }
    ${routes.length > MAX_ROWS ? html`<p class="note">${counted(routes.length - MAX_ROWS, 'more route')} with fewer requests.</p>` : nothing}
  </section>`;
}

/** A gateway may have ten thousand routes. */
const MAX_ROWS = 100;

function mostUsed(routes) {
  return routes.toSorted((a, b) => b.requests - a.requests).slice(0, MAX_ROWS);
}

function changesView(how, generation, changes) {
  if (how === 'refused') return nothing;
  if (changes === undefined) return html`<p class="note">Its changes are not known.</p>`;
  if (changes.length === 0)
    return html`<p class="note">${generation === 1 ? 'The first load.' : 'Nothing changed in its options.'}</p>`;
  return table(
    `Changes of generation ${generation}`,
    ['Of', wide('Option'), wide('Before'), wide('After')],
    changes.map(({ of, option, before, after }) => [
      html`<code>${of}</code>`,
      option === undefined ? NOTHING : html`<code>${option}</code>`,
      before ?? 'not set',
      after ?? 'not set',
    ]),
  );
}

function errorText({ requests, errors }) {
  return errors === 0 ? 'none' : `${whole(errors)} (${percentText(errors / requests)})`;
}

function timeText({ p95Ms }) {
  return p95Ms === undefined ? 'above 10 s' : `≤ ${msText(p95Ms)}`;
}

function reload(page) {
  page.confirm({
    title: 'Reload the routes?',
    text: 'New processes load the files as they are now, and take over when all of them serve. If one does not, nothing changes.',
    verb: 'Reload',
    run: async () => {
      const { generation, routes } = await command('reload', {});
      return `Generation ${generation} serves ${counted(routes, 'route')}.`;
    },
  });
}
