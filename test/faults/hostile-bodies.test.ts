import { describe, expect, it } from 'vitest';
import { Ledger, type Question } from '../support/ledger.ts';
import { testResources } from '../support/resources.ts';

const { own, gateway } = testResources();

const JSON_TYPE = { 'content-type': 'application/json' };
const routeFor = (schemas: string): string => `import { defineRoute } from 'portico';
export default defineRoute({ ${schemas}, handler: () => 'taken' });
`;

const made = () =>
  gateway({
    'routes/items.post.ts': routeFor(
      `body: { type: 'array', maxItems: 50, uniqueItems: true, items: { type: 'object' } }`,
    ),
    'routes/any-items.post.ts': routeFor(`body: { type: 'array', uniqueItems: true }`),
    'routes/numbers.post.ts': routeFor(`body: { type: 'array', items: { type: 'string' } }`),
    'routes/name.post.ts': routeFor(
      `body: { type: 'object', properties: { name: { type: 'string', maxLength: 30, pattern: '^([a-z]+ ?)+$' } } }`,
    ),
    'routes/search.get.ts': routeFor(
      `query: { type: 'object', properties: { q: { type: 'string', pattern: '^([a-z]+ ?)+$' } } }`,
    ),
    'routes/list.post.ts': routeFor(
      `body: { $ref: '#/$defs/l', $defs: { l: { type: 'array', items: { $ref: '#/$defs/l' } } } }`,
    ),
    'routes/addresses.post.ts': routeFor(
      `body: { type: 'object', properties: { ips: { type: 'string', maxLength: 64, pattern: '^(\\\\d{1,3},?)+$' } } }`,
    ),
    'routes/references.post.ts': routeFor(
      `body: { type: 'array', items: { $ref: '#/$defs/n' }, $defs: { n: { type: 'number' } } }`,
    ),
    'routes/quick.get.ts': routeFor(`cache: false`),
  });

const manyItems = JSON.stringify(Array.from({ length: 30_000 }, (_, i) => ({ a: i, b: [i] })));
/** 2 ** power different texts with the same hash in base 31. */
const alike = (power: number): string[] =>
  Array.from({ length: 2 ** power }, (_, i) =>
    Array.from({ length: power }, (_, bit) => (i & (1 << bit) ? 'Aa' : 'BB')).join(''),
  );
const endless = `${'a'.repeat(40)}!`;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('one request affects no other request', () => {
  const ATTACKS: readonly [string, string, Question, number][] = [
    ['uniqueItems with too many items', '/items', { body: manyItems }, 422],
    ['uniqueItems with many items', '/any-items', { body: manyItems }, 200],
    ['strings that collide in an unseeded hash', '/any-items', { body: JSON.stringify(alike(13)) }, 200],
    ['a pattern in a repeated item', '/addresses', { body: JSON.stringify({ ips: `${'1'.repeat(31)}x` }) }, 422],
    ['half a megabyte of items behind a $ref', '/references', { body: JSON.stringify(Array(250_000).fill(1)) }, 200],
    ['a megabyte of invalid items', '/numbers', { body: JSON.stringify(Array(400_000).fill(1)) }, 422],
    ['a string with catastrophic backtracking', '/name', { body: JSON.stringify({ name: endless }) }, 422],
    ['the longest string within the limit', '/name', { body: JSON.stringify({ name: endless.slice(-30) }) }, 422],
    ['the same string in a query', `/search?q=${endless}`, { method: 'GET' }, 400],
    ['5,000 nested arrays', '/list', { body: nested(5_000) }, 400],
    ['half a million nested arrays', '/list', { body: nested(500_000) }, 400],
  ];

  it.each(ATTACKS)('%s', async (_, path, request, status) => {
    const { url } = await made();
    const ledger = own(new Ledger());
    const attack = ledger.ask(`${url}${path}`, { method: 'POST', headers: JSON_TYPE, ...request });
    const others = Array.from({ length: 10 }, () => ledger.ask(`${url}/quick`));
    expect((await attack).status).toBe(status);
    expect(new Set((await Promise.all(others)).map(response => response.status))).toEqual(new Set([200]));
  });
});

/**
 * The processor time of the longest turn of the event loop during an operation, in milliseconds, so that other
 * processes do not count.
 */
async function maxTurnMs(happening: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isOver = false;
  let before = process.threadCpuUsage();
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, user + system);
    before = process.threadCpuUsage();
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await happening();
  isOver = true;
  return longest / 1_000;
}

/**
 * The processor time of parsing a body of 700 kB at this moment, in milliseconds: the unit of the turns below. It takes
 * many runs, because some kernels count in ticks of 4 ms.
 */
function parsingMs(): number {
  const runs = 20;
  const before = process.threadCpuUsage();
  for (let i = 0; i < runs; i++) JSON.parse(manyItems);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000 / runs;
}

it('no such body blocks the event loop much longer than parsing a megabyte', async () => {
  const { url } = await made();
  const bodies: readonly [string, string][] = [
    ['/items', manyItems],
    ['/any-items', manyItems],
    ['/any-items', JSON.stringify(alike(13))],
    ['/numbers', JSON.stringify(Array(400_000).fill(1))],
    ['/references', JSON.stringify(Array(250_000).fill(1))],
    ['/addresses', JSON.stringify({ ips: `${'1'.repeat(31)}x` })],
    ['/list', nested(5_000)],
  ];
  for (const [path, body] of bodies) {
    const ask = async () => (await fetch(`${url}${path}`, { method: 'POST', headers: JSON_TYPE, body })).text();
    // The first run includes the JIT compiler.
    const turns = [await maxTurnMs(ask), await maxTurnMs(ask), await maxTurnMs(ask)];
    // Without the tested limits, a turn takes hundreds of times as long as parsing.
    expect(Math.min(...turns) / parsingMs(), path).toBeLessThan(20);
  }
});

describe('a validated body', () => {
  it.each([
    ['two types', { 'content-type': 'application/json, text/plain' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['two charsets', { 'content-type': 'application/json; charset=utf-8; charset=latin1' }],
    ['an unknown content encoding', { ...JSON_TYPE, 'content-encoding': 'compress' }],
    ['no type', {}],
  ])('gets 415 with %s', async (_, headers) => {
    const { url } = await made();
    const ledger = own(new Ledger());
    const response = await ledger.ask(`${url}/list`, { method: 'POST', headers, body: '[]' });
    expect(response.status).toBe(415);
  });
});
