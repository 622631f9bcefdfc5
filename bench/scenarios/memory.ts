import { setTimeout as wait } from 'node:timers/promises';
import { residentBytes, sumOf } from '../cpu.ts';
import { Load } from '../load.ts';
import type { Bench } from './bench.ts';

const SETTLE_MS = 2_000;

/** Whether a process grows with the number of requests that it has served. */
export async function memory(bench: Bench): Promise<void> {
  const [peer] = await bench.start('portico');
  if (peer === undefined) return;
  const { soakRequests, warmUp } = bench.settings;
  const load = await Load.open(peer.port, '/plain/90', 16);
  await load.run(warmUp);
  await wait(SETTLE_MS);
  const before = sumOf(peer.pids(), residentBytes) / 1e6;
  await load.run(soakRequests);
  await wait(SETTLE_MS);
  const after = sumOf(peer.pids(), residentBytes) / 1e6;
  load.close();
  bench.record({
    id: 'memory',
    title: `Memory after ${soakRequests.toLocaleString('en')} proxied requests`,
    subjects: { portico: { rssBeforeMB: [before], rssMB: [after], rssGrowthMB: [after - before] } },
    notes: [`before: after the first ${warmUp.toLocaleString('en')}`],
  });
}
