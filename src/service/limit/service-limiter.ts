import type { Exchange } from '../../core/exchange.ts';
import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import {
  type Limiter,
  type Permit,
  PRIORITIES,
  type Pressure,
  type Priority,
  type Sample,
} from '../../core/ports/limiter.ts';
import type { Bound } from './bound.ts';
import { classOf, rankOf } from './class-of.ts';
import { type Pool, PooledPermit } from './pooled-permit.ts';
import { type Waiting, WaitingLine } from './waiting-line.ts';

/** One of them, by chance: clients that were refused together must not come back together. */
const RETRY_AFTER_SECONDS = [1, 2, 3, 4] as const;

/** What share of the limit may be in flight when a call of a class starts, by its rank. */
const SHARES = [1, 0.9, 0.6, 0.3] as const;

/** Below this share every class may start: nobody need look which one a call is of. */
const ROOM = SHARES[3];

/** With fewer calls in flight this process is not pressed by them: a lone call after a pause of its own is no crowd. */
const CROWD = 10;

/** A bound holds calls back when it is this full; below, it was only a lower class that had to stay outside. */
const FULL = SHARES[1];

export interface ServiceLimiterOptions {
  readonly service: string;
  readonly bound: Bound;
  /** How many long-lived streams there may be. */
  readonly streams: number;
  readonly clock: Clock;
  readonly pressure: Pressure;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

/**
 * Who may start: as many calls as the bound says, the more important ones first, the next in short lines; beside them a pool for streams.
 * A call starts where fewer calls than its class's share of the limit are in flight, whatever class those are of: classes are no
 * partitions, and a service that has only bulk to do does it with all its calls.
 */
export class ServiceLimiter implements Limiter, Pool {
  inFlight = 0;
  streams = 0;
  waiting = 0;
  readonly shed: Record<Priority, number> = { critical: 0, default: 0, prefetch: 0, bulk: 0 };
  readonly #options: ServiceLimiterOptions;
  readonly #refusals: readonly GatewayError[];
  readonly #lines: readonly WaitingLine[];
  /** The rank of the highest class that any call site has. */
  #highest: number = PRIORITIES.length;

  constructor(options: ServiceLimiterOptions) {
    this.#options = options;
    const message = `${options.service} has all the calls in flight that it may have`;
    this.#refusals = RETRY_AFTER_SECONDS.map(seconds =>
      precomputed('limit.shed', message, { headers: ['Retry-After', `${seconds}`] }),
    );
    this.#lines = PRIORITIES.map(
      priority =>
        new WaitingLine(options.clock, late => {
          this.waiting--;
          late.refuse(this.heldBack(priority));
        }),
    );
  }

  get limit(): number {
    return this.#options.bound.now;
  }

  serves(priority: Priority): void {
    this.#highest = Math.min(this.#highest, rankOf(priority));
  }

  acquire(x: Exchange, priority: Priority): Permit | Promise<Permit> {
    const { bound, pressure, streams } = this.#options;
    if (this.streams >= streams) throw this.refusal(priority);
    if (this.waiting === 0 && this.inFlight < ROOM * bound.now && pressure.level === 0) return this.begin();
    return this.contend(x, classOf(x, priority));
  }

  spare(): Permit | undefined {
    const { bound, pressure, streams } = this.#options;
    const plenty = this.waiting === 0 && this.inFlight < SHARES[2] * bound.now && pressure.level === 0;
    return plenty && this.streams < streams ? this.begin() : undefined;
  }

  learn(sample: Sample): void {
    this.#options.bound.settled(sample);
  }

  freed(): void {
    while (this.waiting > 0) {
      const rank = this.#lines.findIndex(line => line.length > 0);
      const line = this.#lines[rank];
      if (line === undefined || this.inFlight >= this.allowed(rank)) return;
      const next = line.next();
      if (next === undefined) return;
      this.waiting--;
      next.grant(this.begin());
    }
  }

  private contend(x: Exchange, priority: Priority): Permit | Promise<Permit> {
    const { pressure } = this.#options;
    const rank = rankOf(priority);
    if (rank > 3 - pressure.level && this.inFlight >= CROWD) throw this.refusal(priority);
    if (this.inFlight < this.allowed(rank) && this.isNext(rank)) return this.begin();
    return this.wait(x, priority, rank);
  }

  /** Whether nobody waits who would go before. */
  private isNext(rank: number): boolean {
    return this.waiting === 0 || this.#lines.every((line, each) => each > rank || line.length === 0);
  }

  private wait(x: Exchange, priority: Priority, rank: number): Promise<Permit> {
    const line = this.#lines[rank];
    const { now } = this.#options.bound;
    if (line === undefined || line.isFull(now)) throw this.heldBack(priority);
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
    const waiting: Waiting = {
      grant(permit) {
        x.cancellation.offCancel(left);
        resolve(permit);
      },
      refuse(reason) {
        x.cancellation.offCancel(left);
        reject(reason);
      },
    };
    const left = (reason: GatewayError): void => {
      this.waiting--;
      line.leave(waiting);
      reject(reason);
    };
    this.waiting++;
    line.enter(waiting, now);
    x.cancellation.onCancel(left);
    return promise;
  }

  private allowed(rank: number): number {
    const share = rank <= this.#highest ? 1 : (SHARES[rank] ?? 1);
    return Math.ceil(share * this.#options.bound.now);
  }

  /** A refusal that the bound itself is the reason of: what waited and was let in was only a gust. */
  private heldBack(priority: Priority): GatewayError {
    const { bound } = this.#options;
    if (this.inFlight >= FULL * bound.now) bound.refused();
    return this.refusal(priority);
  }

  private begin(): Permit {
    const permit = new PooledPermit(this);
    this.#options.bound.acquired(this.inFlight);
    return permit;
  }

  private refusal(priority: Priority): GatewayError {
    this.shed[priority]++;
    const refusal = this.#refusals[Math.floor(this.#options.chance() * this.#refusals.length)] ?? this.#refusals[0];
    if (refusal === undefined) throw new RangeError('chance is from 0 up to 1');
    return refusal;
  }
}
