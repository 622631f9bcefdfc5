import { Heap } from './heap.ts';

/** A call as a backend sees it. */
export interface Work {
  /** How much work it is, in ms at full speed. */
  readonly workMs: number;
  /** Whether it goes past what is crowded. */
  beside: boolean;
}

/** What a backend does with its calls, on virtual time. It hears of no client that left, and works on. */
export interface SimulatedBackend<T extends Work = Work> {
  start(call: T, now: number): void;
  /** When the next call is done if nothing else happens. */
  nextAt(now: number): number;
  take(now: number): T | undefined;
  /** Time passes in which no call begins or ends. */
  pass(ms: number): void;
}

interface Job<T> {
  readonly at: number;
  readonly call: T;
}

/**
 * What each call beyond the knee costs all of them: 256 calls at a knee of 32 get less than a third of the work done
 * that 32 do.
 */
const CONTENTION = 0.35;

/** Processor sharing up to a knee, contention beyond it, as the Universal Scalability Law has it. */
export class SharedProcessor<T extends Work> implements SimulatedBackend<T> {
  knee: number;
  readonly #jobs = new Heap<Job<T>>();
  /** The work that a call got which was there all the time. */
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

/** So many places, and a queue before them. Infinitely many are a service that bears anything. */
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

/**
 * Every other call goes to something that bears anything and takes 5 ms: a route of the service that is not crowded.
 */
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
