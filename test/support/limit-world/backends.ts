import { Heap } from './heap.ts';

/** A call as a backend sees it. */
export interface Work {
  /** Its amount of work, in ms at full speed. */
  readonly workMs: number;
  /** Whether it bypasses the overloaded part. */
  beside: boolean;
}

/** A backend on virtual time. It does not notice that a client disconnected, and works on. */
export interface SimulatedBackend<T extends Work = Work> {
  start(call: T, now: number): void;
  /** When the next call completes if nothing else happens. */
  nextAt(now: number): number;
  take(now: number): T | undefined;
  /** Advances the time, with no call starting or ending. */
  pass(ms: number): void;
}

interface Job<T> {
  readonly at: number;
  readonly call: T;
}

/**
 * The cost of each call beyond the knee for all of them: 256 calls at a knee of 32 complete less than a third of the
 * work that 32 do.
 */
const CONTENTION = 0.35;

/** Processor sharing up to a knee and contention beyond it, by the Universal Scalability Law. */
export class SharedProcessor<T extends Work> implements SimulatedBackend<T> {
  knee: number;
  readonly #jobs = new Heap<Job<T>>();
  /** The work received by a call that was present from the start. */
  #work = 0;

  constructor(knee: number) {
    this.knee = knee;
  }

  start(call: T): void {
    this.#jobs.add({ at: this.#work + call.workMs, call });
  }

  nextAt(now: number): number {
    const { first } = this.#jobs;
    return first === undefined ? Number.POSITIVE_INFINITY : now + Math.max(first.at - this.#work, 0) / this.#speed;
  }

  take(): T | undefined {
    return this.#jobs.take()?.call;
  }

  pass(ms: number): void {
    this.#work += ms * this.#speed;
  }

  get #speed(): number {
    const crowd = this.#jobs.size / this.knee;
    return crowd <= 1 ? 1 : 1 / (crowd * (1 + CONTENTION * (crowd - 1)));
  }
}

/** A number of workers with a queue. Infinitely many model a service without a limit. */
export class Places<T extends Work> implements SimulatedBackend<T> {
  readonly #places: number;
  readonly #jobs = new Heap<Job<T>>();
  readonly #queue: T[] = [];
  #next = 0;

  constructor(places: number) {
    this.#places = places;
  }

  start(call: T, now: number): void {
    if (this.#jobs.size < this.#places) this.#jobs.add({ at: now + call.workMs, call });
    else this.#queue.push(call);
  }

  nextAt(): number {
    return this.#jobs.nextAt;
  }

  take(now: number): T | undefined {
    const job = this.#jobs.take();
    const next = this.#queue[this.#next];
    if (next !== undefined) {
      this.#next++;
      this.#jobs.add({ at: now + next.workMs, call: next });
    }
    return job?.call;
  }

  pass(): void {}
}

/** Every other call goes to a route of the service that has no limit and takes 5 ms. */
export class HalfCrowded<T extends Work> implements SimulatedBackend<T> {
  readonly #crowded: Places<T>;
  readonly #beside = new Heap<Job<T>>();
  #calls = 0;

  constructor(crowded: Places<T>) {
    this.#crowded = crowded;
  }

  start(call: T, now: number): void {
    call.beside = this.#calls++ % 2 === 0;
    if (call.beside) this.#beside.add({ at: now + 5, call });
    else this.#crowded.start(call, now);
  }

  nextAt(): number {
    return Math.min(this.#beside.nextAt, this.#crowded.nextAt());
  }

  take(now: number): T | undefined {
    return this.#beside.nextAt <= this.#crowded.nextAt() ? this.#beside.take()?.call : this.#crowded.take(now);
  }

  pass(): void {}
}
