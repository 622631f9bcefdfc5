import type { Clock } from '../../src/core/ports/clock.ts';
import { RoundRobin } from '../../src/service/balance.ts';

const EJECTION = { failures: 5, firstMs: 1_000, longestMs: 30_000, mostShare: 0.5, panicShare: 0.5 };

/** A service of two machines, each asked in turn. */
export function twoMachines(clock: Clock): RoundRobin {
  const targets = ['http://a', 'http://b'].map(origin => ({ origin, base: '' }));
  return new RoundRobin(targets, EJECTION, clock);
}
