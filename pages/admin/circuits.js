import { command, read } from './gateway.js';
import { html, nothing } from './lit-html.js';
import { ofAll } from './services.js';
import { COMMANDS, number, state, table } from './table.js';
import { counted, NOTHING, waitText, whole } from './words.js';

/** The least important state first. */
const ORDER = ['closed', 'half-open', 'open'];

/** A gateway may have ten thousand routes; those whose circuit is not closed come first. */
const MAX_ROWS = 200;

export const circuits = {
  title: 'Circuits',
  load: () => read('breakers'),
  draw(page, { workers }) {
    const readings = workers.flatMap(({ breakers }) => breakers);
    const sites = [...Map.groupBy(readings, ({ site }) => site)].sort(
      ([a, as], [b, bs]) => rank(bs) - rank(as) || a.localeCompare(b),
    );
    if (sites.length === 0)
      return html`<p class="empty">No route or part of this gateway has a circuit (<code>breaker</code>).</p>`;
    return html`
      <p class="note">Each process has circuits of its own; calls are added up. A command is for all processes.</p>
      ${table(
        'Circuits',
        ['Site', 'State', number('Failed'), number('Calls'), 'Next probe', 'Services', COMMANDS],
        sites.slice(0, MAX_ROWS).map(([site, group]) => row(page, site, group, workers.length)),
      )}
      ${
        sites.length > MAX_ROWS
          ? html`<p class="note">${counted(sites.length - MAX_ROWS, 'more circuit')}: <code>portico breaker ls</code></p>`
          : nothing
      }
    `;
  },
};

const rank = group => Math.max(...group.map(({ state: each }) => ORDER.indexOf(each)));

const KINDS = { closed: 'good', 'half-open': 'odd', open: 'bad' };

function row(page, site, group, processes) {
  const [first] = group.toSorted((a, b) => ORDER.indexOf(b.state) - ORDER.indexOf(a.state));
  const same = group.filter(each => each.state === first.state && each.held === first.held);
  const word = first.held ? 'forced open' : first.state;
  return [
    html`<code>${site}</code>`,
    state(word + ofAll(same.length, processes), KINDS[first.state]),
    whole(group.reduce((sum, { failed }) => sum + failed, 0)),
    whole(group.reduce((sum, { total }) => sum + total, 0)),
    probe(same),
    first.services.join(', '),
    html`<span class="buttons">
      ${
        first.held
          ? nothing
          : html`<button type="button" aria-label=${`Force open ${site}`} @click=${() => forceOpen(page, site)}>
              Force open
            </button>`
      }
      ${
        group.every(({ state: each, held }) => each === 'closed' && !held)
          ? nothing
          : html`<button type="button" aria-label=${`Close ${site}`} @click=${() => close(page, site)}>Close</button>`
      }
    </span>`,
  ];
}

function probe(group) {
  if (group[0].held || group[0].state === 'closed') return NOTHING;
  const seconds = Math.min(...group.map(({ retryInSeconds = 0 }) => retryInSeconds));
  return seconds === 0 ? 'now' : `in ${waitText(seconds)}`;
}

function forceOpen(page, site) {
  page.confirm({
    title: `Force open ${site}?`,
    text: 'No call goes through and none probes, in all processes, until somebody closes it; also after a reload.',
    verb: 'Force open',
    run: async () => {
      const { workers } = await command('breakers', { open: site });
      return `${site} is forced open in ${counted(workers, 'process', 'processes')}.`;
    },
  });
}

function close(page, site) {
  page.confirm({
    title: `Close ${site}?`,
    text: 'Calls go through again, and the counts of its window begin anew, in all processes.',
    verb: 'Close',
    run: async () => {
      const { workers } = await command('breakers', { close: site });
      return `${site} is closed in ${counted(workers, 'process', 'processes')}.`;
    },
  });
}
