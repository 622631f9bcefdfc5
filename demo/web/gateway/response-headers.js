const ENTRY = /([^\s;,="]+)((?:\s*;\s*[\w.-]+(?:=(?:"(?:[^"\\]|\\.)*"|[^;,\s]*))?)*)/g;
const PARAMETER = /;\s*([\w.-]+)(?:=("(?:[^"\\]|\\.)*"|[^;,\s]*))?/g;

/** Cache-Status and Server-Timing have the same shape: a list of names, each with parameters. */
export function parseEntries(header) {
  return [...(header ?? '').matchAll(ENTRY)].map(([, name, parameters]) => ({ name, ...parseParameters(parameters) }));
}

function parseParameters(text) {
  return Object.fromEntries([...text.matchAll(PARAMETER)].map(([, name, value]) => [name, unquote(value)]));
}

function unquote(value = '') {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}

/** RFC 9211: `hit` with a negative ttl was stale when it was served. */
export function cacheResult(header) {
  const entry = parseEntries(header).findLast(({ name }) => name.toLowerCase() === 'portico');
  if (!entry) return 'none';
  if ('hit' in entry) return Number(entry.ttl) < 0 ? 'stale' : 'hit';
  return entry.fwd === 'stale' ? 'stale' : 'miss';
}

export function timings(header) {
  const entries = parseEntries(header);
  const find = name => entries.find(entry => entry.name === name);
  return {
    breaker: find('breaker')?.desc,
    fallback: find('fallback')?.desc,
    limit: find('limit')?.desc,
    instances: find('targets')?.desc,
    sent: find('sent')?.desc,
    retry: find('retry')?.desc,
    hedge: find('hedge')?.desc,
    total: duration(find('total')),
    parts: entries
      .filter(({ name }) => name.startsWith('part.'))
      .map(entry => ({ name: entry.name.slice(5), ms: duration(entry), note: entry.desc ?? 'ok' })),
  };
}

function duration(entry) {
  return entry?.dur === undefined ? undefined : Number(entry.dur);
}
