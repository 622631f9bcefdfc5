import { cpuNanoseconds } from '../cpu.ts';
import { Load } from '../load.ts';
import type { Cache } from './caches.ts';

const ROUNDS = 5;
// As in the comparison of proxies: the speed of this computer changes, so the caches alternate often.
const TURNS = 20;
const REQUESTS_A_TURN = 500;
const WARM_UP = 20_000;
const CONNECTIONS = 16;

/** The CPU time per hit in microseconds, once per round. */
export interface Cost {
  readonly name: string;
  readonly size: 'small' | 'large';
  readonly micros: readonly number[];
}

export async function hitCosts(caches: readonly Cache[]): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const size of ['small', 'large'] as const) {
    const rows = await Promise.all(
      caches.map(async cache => ({
        cache,
        load: await Load.open(cache.port, `/herd/${size}`, CONNECTIONS),
        micros: [] as number[],
      })),
    );
    for (const { load } of rows) await load.run(WARM_UP);
    for (let round = 0; round < ROUNDS; round++) {
      const spent = rows.map(() => 0);
      for (let turn = 0; turn < TURNS; turn++) {
        for (const [i, { cache, load }] of rows.entries()) {
          const before = cpuOf(cache);
          await load.run(REQUESTS_A_TURN);
          spent[i] = (spent[i] ?? 0) + cpuOf(cache) - before;
        }
      }
      for (const [i, { micros }] of rows.entries()) micros.push((spent[i] ?? 0) / (TURNS * REQUESTS_A_TURN) / 1_000);
    }
    for (const { load } of rows) load.close();
    for (const { cache, micros } of rows) costs.push({ name: cache.name, size, micros });
  }
  return costs;
}

function cpuOf(cache: Cache): number {
  let total = 0;
  for (const pid of cache.pids()) total += cpuNanoseconds(pid);
  return total;
}
