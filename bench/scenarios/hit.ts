import type { Bench } from './bench.ts';
import { entries, measureLoad } from './load-scenario.ts';

/** Responses from the cache, beside other caches and a server that has nothing but the response. */
export async function hit(bench: Bench): Promise<void> {
  const peers = await bench.start('portico', 'bare node:http', 'nginx', 'varnish');
  await measureLoad(bench, {
    id: 'hit-90',
    title: 'Cache hit, 90 B of JSON',
    entries: entries(peers, { path: '/stored/90' }),
    underLoad: 'rates and latencies',
  });
  await measureLoad(bench, {
    id: 'hit-100k',
    title: 'Cache hit, 100 kB',
    entries: entries(peers, { path: '/stored/100000' }),
    requests: 100,
    warmUp: 2_000,
  });
  await measureLoad(bench, {
    id: 'hit-encoded',
    title: 'Cache hit, 100 kB that are stored as gzip',
    entries: entries(
      peers.filter(({ name }) => name !== 'nginx'),
      { path: '/encoded/100000', fields: { 'Accept-Encoding': 'gzip' } },
    ),
    requests: 200,
    warmUp: 4_000,
    notes: ['without nginx, which compresses every response anew'],
  });
  const portico = peers.filter(({ name }) => name === 'portico');
  await measureLoad(bench, {
    id: 'hit-304',
    title: 'Cache hit, 304',
    entries: [
      ...entries(peers, { path: '/stored/90', fields: { 'If-None-Match': '"90"' }, status: 304 }),
      ...portico.map(peer => ({ name: 'portico, 200', peer, request: { path: '/stored/90' } })),
    ],
  });
}
