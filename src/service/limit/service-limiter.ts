import type { Exchange } from '../../core/exchange.ts';
import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import {
  type LearnedLimit,
  type Limiter,
  type LimitMode,
  type Permit,
  PRIORITIES,
  type Pressure,
  type Priority,
  type RefusalReason,
  type Sample,
} from '../../core/ports/limiter.ts';
import type { Limit } from './limit.ts';
import { type Pool, PooledPermit } from './pooled-permit.ts';
import { classOf, rankOf } from './priority-class.ts';
import { RequestQueue, type WaitingCall } from './request-queue.ts';

/** One of them at random, so that clients rejected together do not return together. */
const RETRY_AFTER_SECONDS = [1, 2, 3, 4] as const;

/** The share of the limit below which a call of a priority may start while calls are rejected. */
const SHARES = [1, 0.9, 0.6, 0.3] as const;

/** Below this share every priority may start, so it need not be computed. */
const ROOM = SHARES[3];

/** With fewer calls in flight this process is not overloaded by them: a single call after a pause is no overload. */
const CROWD = 10;

/** The limit holds calls back when it is this full; below, only a lower priority had to wait. */
const FULL = SHARES[1];

/** More waiting calls would cost this process too much. */
const MAX_WAITING = 5_000;

export interface ServiceLimiterOptions {
  readonly service: string;
  readonly bound: Limit;
  /** Maximum of long-lived streams. */
  readonly streams: number;
  readonly clock: Clock;
  readonly pressure: Pressure;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

/**
 * Decides which calls may start: as many as the limit allows, higher priorities first, the others in queues, with a
 * separate pool for streams. No call is rejected without evidence of overload. Priorities are no partitions: a call
 * starts if fewer calls of any priority are in flight than its share of the limit, and a service with only bulk calls
 * may use the whole limit.
 */
export class ServiceLimiter implements Limiter, Pool {
  inFlight = 0;
  streams = 0;
  waiting = 0;
  readonly shed: Readonly<Record<Priority, Record<RefusalReason, number>>> = {
    critical: noRefusals(),
    default: noRefusals(),
    prefetch: noRefusals(),
    bulk: noRefusals(),
  };
  readonly #options: ServiceLimiterOptions;
  readonly #refusals: readonly GatewayError[];
  readonly #queues: readonly RequestQueue[];
  /** The rank of the highest priority of any call site. */
  #highest: number = PRIORITIES.length;

  constructor(options: ServiceLimiterOptions) {
    this.#options = options;
    const message = `${options.service} has all the calls in flight that it may have`;
    this.#refusals = RETRY_AFTER_SECONDS.map(seconds =>
      precomputed('limit.shed', message, { headers: ['Retry-After', `${seconds}`] }),
    );
    this.#queues = PRIORITIES.map(priority => this.#queueOf(priority));
  }

  get limit(): number {
    return this.#options.bound.now;
  }

  get mode(): LimitMode {
    return this.#options.bound.mode;
  }

  get learned(): LearnedLimit | undefined {
    return this.#options.bound.learned;
  }

  serves(priority: Priority): void {
    this.#highest = Math.min(this.#highest, rankOf(priority));
  }

  acquire(x: Exchange, priority: Priority): Permit | Promise<Permit> {
    const { bound, pressure, streams } = this.#options;
    if (this.streams >= streams) throw this.#refusal(priority, 'streams');
    const room = bound.mode === 'held' ? ROOM * bound.now : bound.now;
    if (this.waiting === 0 && this.inFlight < room && pressure.level === 0) return this.#begin();
    return this.#contend(x, classOf(x, priority));
  }

  release(): Permit | undefined {
    const { bound, pressure, streams } = this.#options;
    const plenty = this.waiting === 0 && this.inFlight < SHARES[2] * bound.now && pressure.level === 0;
    return plenty && this.streams < streams ? this.#begin() : undefined;
  }

  learn(sample: Sample): void {
    this.#options.bound.settled(sample);
  }

  freed(): void {
    while (this.waiting > 0) {
      const rank = this.#queues.findIndex(queue => queue.length > 0);
      const queue = this.#queues[rank];
      if (queue === undefined || this.inFlight >= this.#allowed(rank)) return;
      const next = queue.next();
      if (next === undefined) return;
      this.waiting--;
      next.grant(this.#begin());
    }
  }

  #contend(x: Exchange, priority: Priority): Permit | Promise<Permit> {
    const { bound, clock, pressure } = this.#options;
    const rank = rankOf(priority);
    if (rank > 3 - pressure.level && this.inFlight >= CROWD) throw this.#refusal(priority, 'event_loop');
    if (this.#mayStart(rank)) return this.#begin();
    bound.waited({ at: clock.now(), isFirst: this.waiting === 0 });
    // The learned limit may have grown.
    return this.#mayStart(rank) ? this.#begin() : this.#wait(x, priority, rank);
  }

  /** Whether there is room and no waiting call goes first. */
  #mayStart(rank: number): boolean {
    if (this.inFlight >= this.#allowed(rank)) return false;
    return this.waiting === 0 || this.#queues.every((queue, each) => each > rank || queue.length === 0);
  }

  #wait(x: Exchange, priority: Priority, rank: number): Promise<Permit> {
    const queue = this.#queues[rank];
    const { now } = this.#options.bound;
    if (queue === undefined || queue.isFull(now)) throw this.#heldBack(priority, 'limit');
    if (this.waiting >= MAX_WAITING && !this.#makePlace(rank)) throw this.#heldBack(priority, 'queue_full');
    const { promise, resolve, reject } = Promise.withResolvers<Permit>();
    const call: WaitingCall = {
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
      queue.leave(call);
      // Nothing was sent, so the expired deadline is no failure of the service, and no circuit may count it.
      reject(reason.code === 'upstream.timeout' ? this.#heldBack(priority, 'deadline') : reason);
    };
    this.waiting++;
    queue.enter(call, now);
    x.cancellation.onCancel(left);
    return promise;
  }

  /** The newest call of the lowest priority leaves if that is below this one. */
  #makePlace(rank: number): boolean {
    const last = this.#queues.findLastIndex(queue => queue.length > 0);
    const call = last > rank ? this.#queues[last]?.last() : undefined;
    if (call === undefined) return false;
    this.waiting--;
    call.refuse(this.#refusal(PRIORITIES[last] ?? 'bulk', 'queue_full'));
    return true;
  }

  #queueOf(priority: Priority): RequestQueue {
    const { bound, clock } = this.#options;
    return new RequestQueue(clock, {
      get mode() {
        return bound.mode;
      },
      late: call => {
        this.waiting--;
        call.refuse(this.#heldBack(priority, 'limit'));
      },
      waits: () => {
        bound.waited({ at: clock.now(), isFirst: false });
        this.freed();
      },
    });
  }

  #allowed(rank: number): number {
    const { bound } = this.#options;
    if (bound.mode !== 'held' || rank <= this.#highest) return bound.now;
    return Math.ceil((SHARES[rank] ?? 1) * bound.now);
  }

  /** A rejection caused by the limit itself; calls that were admitted after a wait were only a burst. */
  #heldBack(priority: Priority, reason: RefusalReason): GatewayError {
    const { bound } = this.#options;
    if (this.inFlight >= FULL * bound.now) bound.refused();
    return this.#refusal(priority, reason);
  }

  #begin(): Permit {
    const permit = new PooledPermit(this);
    this.#options.bound.acquired(this.inFlight);
    return permit;
  }

  #refusal(priority: Priority, reason: RefusalReason): GatewayError {
    this.shed[priority][reason]++;
    const refusal = this.#refusals[Math.floor(this.#options.chance() * this.#refusals.length)] ?? this.#refusals[0];
    if (refusal === undefined) throw new RangeError('chance is from 0 up to 1');
    return refusal;
  }
}

function noRefusals(): Record<RefusalReason, number> {
  return { limit: 0, queue_full: 0, deadline: 0, streams: 0, event_loop: 0 };
}
