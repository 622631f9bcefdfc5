import { cpuNanoseconds, sumOf, userNanoseconds } from '../cpu.ts';
import type { Load } from '../load.ts';
import type { FiguresBySubject } from './figures.ts';

/** A server with its load. */
export interface Contender {
  readonly name: string;
  pids(): readonly number[];
  /** Before each turn, and after it: not measured. */
  prepare?(): Promise<void>;
  finish?(): Promise<void>;
  run(requests: number): Promise<void>;
}

export interface Pace {
  readonly rounds: number;
  /** The speed of a computer changes from second to second, so the servers take many short turns within a round. */
  readonly turns: number;
  readonly requests: number;
}

export function contender({ name, pids }: Pick<Contender, 'name' | 'pids'>, load: Load): Contender {
  return { name, pids, run: requests => load.run(requests) };
}

interface Spent {
  total: number;
  user: number;
}

/** The CPU time per request of each server, once per round. */
export async function measureRounds(
  contenders: readonly Contender[],
  { rounds, turns, requests }: Pace,
): Promise<FiguresBySubject> {
  const values = contenders.map(() => ({ cpuMicros: [] as number[], userMicros: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    const spent = contenders.map((): Spent => ({ total: 0, user: 0 }));
    for (let turn = 0; turn < turns; turn++) {
      for (const [i, contender] of contenders.entries()) await spend(contender, requests, spent[i]);
    }
    for (const [i, { cpuMicros, userMicros }] of values.entries()) {
      cpuMicros.push((spent[i]?.total ?? Number.NaN) / turns / requests / 1_000);
      userMicros.push((spent[i]?.user ?? Number.NaN) / turns / requests / 1_000);
    }
  }
  return Object.fromEntries(contenders.map(({ name }, i) => [name, values[i] ?? {}]));
}

// A server without requests uses no CPU: the ticks of its turns add up without an error at each turn.
async function spend(contender: Contender, requests: number, spent: Spent | undefined): Promise<void> {
  await contender.prepare?.();
  const pids = contender.pids();
  const before = { total: sumOf(pids, cpuNanoseconds), user: sumOf(pids, userNanoseconds) };
  await contender.run(requests);
  if (spent !== undefined) {
    spent.total += sumOf(pids, cpuNanoseconds) - before.total;
    spent.user += sumOf(pids, userNanoseconds) - before.user;
  }
  await contender.finish?.();
}
