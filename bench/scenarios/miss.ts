import type { Bench } from './bench.ts';
import { entries, measureLoad } from './load-scenario.ts';

let sent = 0;

/** Each request has a URL of its own: the response comes from the backend and is stored. */
export async function miss(bench: Bench): Promise<void> {
  const peers = await bench.start('portico', 'bare node:http + undici', 'nginx', 'varnish');
  await measureLoad(bench, {
    id: 'miss',
    title: 'Cache miss, stored',
    entries: entries(peers, { path: () => `/miss/90?n=${++sent}` }),
    notes: ['the bare proxy stores nothing'],
  });
}
