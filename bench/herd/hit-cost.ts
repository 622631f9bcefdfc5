import { Load } from '../load.ts';
import { type Contender, contender, measureRounds } from '../measure/rounds.ts';
import type { Peer } from '../peers/peer.ts';

const PACE = { rounds: 5, turns: 20, requests: 500 };
const WARM_UP = 20_000;
const CONNECTIONS = 16;

/** The CPU time per hit in microseconds, once per round. */
export interface Cost {
  readonly name: string;
  readonly size: 'small' | 'large';
  readonly micros: readonly number[];
}

export async function hitCosts(caches: readonly Peer[]): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const size of ['small', 'large'] as const) {
    const loads: Load[] = [];
    const contenders: Contender[] = [];
    for (const cache of caches) {
      const load = await Load.open(cache.port, `/herd/${size}`, CONNECTIONS);
      loads.push(load);
      contenders.push(contender(cache, load));
      await load.run(WARM_UP);
    }
    const measured = await measureRounds(contenders, PACE);
    for (const load of loads) load.close();
    for (const { name } of caches) costs.push({ name, size, micros: measured[name]?.cpuMicros ?? [] });
  }
  return costs;
}
