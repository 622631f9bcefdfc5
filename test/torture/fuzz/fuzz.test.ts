import { expect, it } from 'vitest';
import { TRANSPORTS } from '../../support/transports.ts';
import { fuzz } from './fuzz.ts';
import { readRequests } from './reference.ts';

const SEEDS = [1, 2, 3];
const COUNT = 2_000;

it.each(TRANSPORTS)(
  'no malformed or ambiguous request reaches a backend as another one, over %s',
  { timeout: 120_000 },
  async transport => {
    for (const seed of SEEDS) {
      const { delivered, findings } = await fuzz({ seed, count: COUNT, transport });
      expect(findings.slice(0, 5)).toEqual([]);
      // Valid requests are not rejected: they arrive.
      expect(delivered).toBeGreaterThan(COUNT / 4);
    }
  },
);

it('the reference parser distinguishes valid requests from invalid ones', () => {
  const post = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok';
  const chunked = 'POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x="y"\r\nok\r\n0\r\nT: 1\r\n\r\n';
  const { requests, end } = readRequests(post + chunked);
  expect(requests.map(({ target, body }) => ({ target, body }))).toEqual([
    { target: '/a', body: 'ok' },
    { target: '/b', body: 'ok' },
  ]);
  expect(end).toBe('clean');
  expect(readRequests(post.slice(0, -1)).end).toBe('within');
  for (const [from, to] of [
    ['\r\n\r\n', '\n\n'],
    ['Content-Length', 'Content-Length '],
    ['2\r\n', '2, 2\r\n'],
    ['Host: a', 'Host: a\r\nHost: a'],
    ['/a', '/a b'],
  ] as const) {
    expect(readRequests(post.replace(from, to))).toMatchObject({ requests: [], end: 'malformed' });
  }
});
