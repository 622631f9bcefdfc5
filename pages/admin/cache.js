import { command, read } from './gateway.js';
import { html, nothing } from './lit-html.js';
import { COMMANDS, number, table } from './table.js';
import { bytesText, counted, percentText, whole } from './words.js';

/** Each process has a memory of its own, and many have the same responses: the largest is shown, sums would mislead. */
export const cache = {
  title: 'Cache',
  // It visits every entry.
  everyMs: 10_000,
  load: () => read('cache'),
  draw: (page, { workers }) => html`
    ${memories(workers)} ${purgeForm(page)} ${tags(page, workers)}
  `,
};

function memories(workers) {
  return html`<h3>Memory</h3>
    <p class="note">Stored responses in the memory of each process; those on disk and in Redis are not counted.</p>
    ${table(
      'Memory',
      ['Process', ...['Stored', 'Of at most', 'Used', 'Entries', 'Without a tag'].map(number)],
      workers.map(({ pid, stored }) => [
        String(pid),
        bytesText(stored.bytes),
        bytesText(stored.maxBytes),
        percentText(stored.bytes / stored.maxBytes),
        whole(stored.entries),
        `${whole(stored.untagged.responses)} (${bytesText(stored.untagged.bytes)})`,
      ]),
    )}`;
}

function tags(page, workers) {
  const all = Map.groupBy(
    workers.flatMap(({ stored }) => stored.tags),
    ({ tag }) => tag,
  );
  const rows = [...all]
    .map(([tag, group]) =>
      group.reduce((largest, each) => (each.bytes > largest.bytes ? each : largest), { tag, bytes: -1 }),
    )
    .sort((a, b) => b.bytes - a.bytes);
  const more = Math.max(0, ...workers.map(({ stored }) => stored.moreTags));
  return html`<h3>Tags</h3>
    <p class="note">In the process that has most of it. A response with several tags is in several rows.</p>
    ${
      rows.length === 0
        ? html`<p class="empty">No stored response has a tag.</p>`
        : table(
            'Tags',
            ['Tag', number('Responses'), number('Stored'), COMMANDS],
            rows.map(({ tag, responses, bytes }) => [
              html`<code>${tag}</code>`,
              whole(responses),
              bytesText(bytes),
              html`<button
                type="button"
                aria-label=${`Purge the tag ${tag}`}
                @click=${() => purge(page, { tags: [tag] }, `the tag ${tag}`)}
              >
                Purge
              </button>`,
            ]),
          )
    }
    ${more > 0 ? html`<p class="note">${counted(more, 'more tag')} with fewer bytes.</p>` : nothing}`;
}

const KINDS = {
  tags: { label: 'Tag', example: 'product:7' },
  urls: { label: 'Path or URL', example: '/page?q=1' },
  prefixes: { label: 'Beginning of paths or URLs', example: '/api/' },
  all: { label: 'Everything', example: '' },
};

let kind = 'tags';

function purgeForm(page) {
  const choose = ({ target }) => {
    kind = target.value;
    page.redraw();
  };
  return html`<h3 id="purge">Purge</h3>
    <form class="fields" aria-labelledby="purge" @submit=${event => submitted(page, event)}>
      <fieldset>
        <legend>What is purged</legend>
        ${Object.entries(KINDS).map(
          ([value, { label }]) => html`<label class="choice">
            <input type="radio" name="kind" value=${value} .checked=${kind === value} @change=${choose} /> ${label}
          </label>`,
        )}
      </fieldset>
      ${
        kind === 'all'
          ? nothing
          : html`<div>
              <label for="target">${KINDS[kind].label}, such as ${KINDS[kind].example}</label>
              <input id="target" name="target" required autocomplete="off" spellcheck="false" />
            </div>`
      }
      <label class="choice">
        <input type="checkbox" name="soft" /> Soft: serve them as stale while they are revalidated
      </label>
      <button type="submit">Purge</button>
    </form>`;
}

function submitted(page, event) {
  event.preventDefault();
  const fields = new FormData(event.target);
  const target = String(fields.get('target') ?? '').trim();
  const what = kind === 'all' ? { all: true } : { [kind]: [target] };
  const words = kind === 'all' ? 'everything' : `${KINDS[kind].label.toLowerCase()} ${target}`;
  purge(page, { ...what, ...(fields.has('soft') && { soft: true }) }, words);
}

function purge(page, request, words) {
  page.confirm({
    title: `Purge ${words}?`,
    text: request.soft
      ? 'The stored responses become stale in all processes and hosts of the gateway.'
      : 'The stored responses are no longer served, in all processes and hosts; the backends get their requests.',
    verb: 'Purge',
    run: async () => {
      const { entries, workers } = await command('purge', request);
      const where = `in the memory of ${counted(workers, 'process', 'processes')}`;
      return `Purged ${words}: ${counted(entries, 'stored response')} ${where}.`;
    },
  });
}
