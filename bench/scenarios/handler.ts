import type { Bench } from './bench.ts';
import { entries, measureLoad } from './load-scenario.ts';

/** A function of the project that returns JSON. */
export async function handler(bench: Bench): Promise<void> {
  const peers = await bench.start('portico', 'bare node:http');
  await measureLoad(bench, {
    id: 'handler',
    title: 'Handler that returns JSON',
    entries: entries(peers, { path: '/handled' }),
    underLoad: 'rates and latencies',
  });
}
