import type { Bench } from './bench.ts';
import { entries, measureLoad } from './load-scenario.ts';

/** One response of three calls to the backend. */
export async function aggregate(bench: Bench): Promise<void> {
  const peers = await bench.start('portico', 'node:http + undici by hand', 'Express + fetch by hand');
  await measureLoad(bench, {
    id: 'aggregate',
    title: 'Aggregate of three calls',
    entries: entries(peers, { path: '/aggregate' }),
    requests: 200,
    warmUp: bench.settings.warmUp / 2,
    notes: ['by hand: three calls at once, their statuses checked, no timeouts and no other policies'],
  });
}
