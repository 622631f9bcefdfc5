import { callOutcome } from '../../src/core/call-outcome.ts';
import type { Attempt, Balancer } from '../../src/core/ports/balancer.ts';
import type { Chance } from './chance.ts';
import { exchange } from './exchange.ts';

/** A target on virtual time: that many concurrent calls, and a queue in order of arrival. */
export interface Replica {
  readonly workers: number;
  readonly workMs: (chance: Chance) => number;
  readonly fails?: boolean;
}

interface Load {
  readonly seconds: number;
  readonly perSecond: number;
}

/** The outcomes of the calls. */
export interface Account {
  /** The time of each response. */
  readonly times: number[];
  failed: number;
  refused: number;
  /** The number of calls of each target. */
  readonly asked: Record<string, number>;
}

/** A clock that the simulation advances. */
export class SimulatedClock {
  ms = 1_000_000;

  now(): number {
    return this.ms;
  }

  exact(): number {
    return this.ms;
  }

  wall(): number {
    return this.ms;
  }

  after(): never {
    throw new Error('nothing waits in a simulation');
  }
}

interface Call {
  readonly attempt: Attempt;
  readonly headersMs: number;
  readonly fails: boolean;
}

interface Machine extends Replica {
  /** The time at which each worker becomes free. */
  readonly free: number[];
}

/**
 * Random calls that a balancer without retries spreads over replicas. Time advances in steps of 1 ms, the resolution of
 * the gateway's clock.
 */
export class Replicas {
  readonly account: Account = { times: [], failed: 0, refused: 0, asked: {} };
  readonly #balancer: Balancer;
  readonly #clock: SimulatedClock;
  readonly #chance: Chance;
  readonly #machines: ReadonlyMap<string, Machine>;
  readonly #due = new Map<number, Call[]>();

  constructor(balancer: Balancer, clock: SimulatedClock, replicas: Readonly<Record<string, Replica>>, chance: Chance) {
    this.#balancer = balancer;
    this.#clock = clock;
    this.#chance = chance;
    const targets = Object.entries(replicas).map(([name, replica]): [string, Machine] => {
      this.account.asked[name] = 0;
      return [`http://${name}`, { ...replica, free: new Array<number>(replica.workers).fill(0) }];
    });
    this.#machines = new Map(targets);
  }

  bear({ seconds, perSecond }: Load): Account {
    const clock = this.#clock;
    const until = clock.ms + seconds * 1_000;
    let next = clock.ms;
    for (; clock.ms < until; clock.ms++) {
      for (const call of this.#due.get(clock.ms) ?? []) this.#end(call);
      this.#due.delete(clock.ms);
      for (; next < clock.ms + 1; next += (-Math.log(1 - this.#chance.next()) * 1_000) / perSecond) this.#begin(next);
    }
    return this.account;
  }

  #begin(at: number): void {
    let attempt: Attempt;
    try {
      attempt = this.#balancer.pick(ANY, []);
    } catch {
      this.account.refused++;
      return;
    }
    const doneAt = this.#work(attempt.target.origin, at);
    const ms = Math.max(Math.ceil(doneAt), this.#clock.ms + 1);
    const fails = this.#machines.get(attempt.target.origin)?.fails === true;
    this.#due.set(ms, [...(this.#due.get(ms) ?? []), { attempt, headersMs: ms - this.#clock.ms, fails }]);
    if (!fails) this.account.times.push(doneAt - at);
  }

  /** @returns when the target completes a call that arrives now. */
  #work(origin: string, at: number): number {
    const target = this.#machines.get(origin);
    if (target === undefined) throw new Error(`no replica ${origin}`);
    const name = origin.slice('http://'.length);
    this.account.asked[name] = (this.account.asked[name] ?? 0) + 1;
    const first = target.free.indexOf(Math.min(...target.free));
    const doneAt = Math.max(at, target.free[first] ?? 0) + target.workMs(this.#chance);
    target.free[first] = doneAt;
    return doneAt;
  }

  #end({ attempt, headersMs, fails }: Call): void {
    if (fails) this.account.failed++;
    attempt.report(callOutcome(fails ? 'reset' : 'answered'), headersMs);
    attempt.release();
  }
}

const ANY = exchange();

export function quantile({ times }: Account, q: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * q)] ?? Number.NaN;
}

export function shareOfFailed({ failed, times }: Account): number {
  return failed / (failed + times.length);
}
