import { finding } from '../../src/core/outcome.ts';
import type { Attempt, Balancer } from '../../src/core/ports/balancer.ts';
import type { Chance } from './chance.ts';
import { exchange } from './exchange.ts';

/** A machine on virtual time: so many calls at once, the others wait in their order. */
export interface Replica {
  readonly workers: number;
  readonly workMs: (chance: Chance) => number;
  readonly fails?: boolean;
}

export interface Load {
  readonly seconds: number;
  readonly perSecond: number;
}

/** What became of the calls. */
export interface Account {
  /** How long each answer took, in order of length. */
  readonly times: readonly number[];
  readonly failed: number;
  readonly refused: number;
  /** How many calls each machine had. */
  readonly asked: Readonly<Record<string, number>>;
}

interface Call {
  readonly attempt: Attempt;
  readonly headMs: number;
  readonly fails: boolean;
}

/** Time that passes as the simulation says. */
export class SimulatedClock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  wall(): number {
    return this.ms;
  }

  after(): never {
    throw new Error('nothing waits in a simulation');
  }
}

/**
 * Calls come by chance, a balancer without any retry spreads them over replicas, each answers when it has worked on them.
 * Time goes by in steps of 1 ms, which is what the gateway's own clock tells.
 */
export function simulate(
  balancer: Balancer,
  clock: SimulatedClock,
  replicas: Readonly<Record<string, Replica>>,
  { seconds, perSecond }: Load,
  chance: Chance,
): Account {
  const free = new Map(
    Object.entries(replicas).map(([name, { workers }]) => [name, new Array<number>(workers).fill(0)]),
  );
  const due = new Map<number, Call[]>();
  const asked: Record<string, number> = Object.fromEntries(Object.keys(replicas).map(name => [name, 0]));
  const times: number[] = [];
  let failed = 0;
  let refused = 0;

  const begin = (at: number): void => {
    let attempt: Attempt;
    try {
      attempt = balancer.pick(ANY, []);
    } catch {
      refused++;
      return;
    }
    const name = attempt.target.origin.slice('http://'.length);
    const replica = replicas[name];
    const workers = free.get(name);
    if (replica === undefined || workers === undefined) throw new Error(`no replica ${name}`);
    asked[name] = (asked[name] ?? 0) + 1;
    const first = workers.indexOf(Math.min(...workers));
    const doneAt = Math.max(at, workers[first] ?? 0) + replica.workMs(chance);
    workers[first] = doneAt;
    const ms = Math.max(Math.ceil(doneAt), clock.ms + 1);
    const call = { attempt, headMs: ms - clock.ms, fails: replica.fails === true };
    due.set(ms, [...(due.get(ms) ?? []), call]);
    if (!call.fails) times.push(doneAt - at);
  };
  const end = ({ attempt, headMs, fails }: Call): void => {
    if (fails) failed++;
    attempt.report(finding(fails ? 'reset' : 'answered'), headMs);
    attempt.release();
  };

  const until = clock.ms + seconds * 1_000;
  let next = clock.ms;
  while (clock.ms < until) {
    for (const call of due.get(clock.ms) ?? []) end(call);
    due.delete(clock.ms);
    for (; next < clock.ms + 1; next += (-Math.log(1 - chance.next()) * 1_000) / perSecond) begin(next);
    clock.ms++;
  }
  return { times: times.sort((a, b) => a - b), failed, refused, asked };
}

const ANY = exchange();

export function quantile({ times }: Account, q: number): number {
  return times[Math.floor(times.length * q)] ?? Number.NaN;
}

export function shareOfFailed({ failed, times }: Account): number {
  return failed / (failed + times.length);
}
