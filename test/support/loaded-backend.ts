import { type FindingName, finding } from '../../src/core/outcome.ts';
import type { Clock, Timer } from '../../src/core/ports/clock.ts';
import type { Limiter, Permit } from '../../src/core/ports/limiter.ts';
import type { Chance } from './chance.ts';
import { exchange } from './exchange.ts';

export interface Load {
  readonly seconds: number;
  readonly perSecond: number;
  /** How many calls the backend works on at full speed; beyond, they get in each other's way. */
  readonly knee: number;
  /** How much work a call is, in ms at full speed. */
  readonly workMs: (chance: Chance) => number;
}

/** What became of the calls that came while a load lasted. */
export interface Account {
  offered: number;
  shed: number;
  /** Answered within the deadline while the load lasted. */
  good: number;
}

interface Job {
  readonly doneAt: number;
  readonly startedAt: number;
  permit: Permit | undefined;
}

const DEADLINE_MS = 1_000;
/** What each call beyond the knee costs all of them: 256 calls at a knee of 32 get less than a third of the work done that 32 do. */
const CONTENTION = 0.35;

/** A clock for what is simulated: its few timers are called as their time comes. */
class VirtualClock implements Clock {
  time = 1_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly call: () => void }>();
  #nextAt = Number.POSITIVE_INFINITY;

  // The gateway's clock tells whole milliseconds.
  now(): number {
    return Math.floor(this.time);
  }

  wall(): number {
    return this.now();
  }

  after(ms: number, call: () => void): Timer {
    const timer = { at: this.time + ms, call };
    this.#timers.add(timer);
    this.#nextAt = Math.min(this.#nextAt, timer.at);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        if (timer.at <= this.#nextAt) this.seekNext();
      },
    };
  }

  get nextAt(): number {
    return this.#nextAt;
  }

  fire(): void {
    for (const timer of this.#timers) {
      if (timer.at > this.time) continue;
      this.#timers.delete(timer);
      timer.call();
    }
    this.seekNext();
  }

  private seekNext(): void {
    this.#nextAt = Number.POSITIVE_INFINITY;
    for (const { at } of this.#timers) this.#nextAt = Math.min(this.#nextAt, at);
  }
}

/**
 * A backend on virtual time behind a limiter: processor sharing up to a knee, contention beyond it (as the Universal Scalability Law
 * has it), calls that come by chance, and a deadline that the backend does not hear of: it works on for those that left.
 */
export async function simulate(
  limiterOn: (clock: Clock) => Limiter,
  loads: readonly Load[],
  chance: Chance,
): Promise<Account[]> {
  const backend = new LoadedBackend(limiterOn);
  const accounts: Account[] = [];
  for (const load of loads) accounts.push(await backend.bear(load, chance));
  return accounts;
}

const ASKED = exchange();

class LoadedBackend {
  readonly #clock = new VirtualClock();
  readonly #limiter: Limiter;
  readonly #jobs = new Heap();
  /** In the order in which they began, which is that of their deadlines. */
  readonly #waiting: Job[] = [];
  #firstWaiting = 0;
  /** Whether a call may just have been let in, or sent away, that had waited in line. */
  #lineMoved = false;
  /** The work that a call got which was there all the time. */
  #work = 0;

  constructor(limiterOn: (clock: Clock) => Limiter) {
    this.#limiter = limiterOn(this.#clock);
  }

  async bear(load: Load, chance: Chance): Promise<Account> {
    const clock = this.#clock;
    const account: Account = { offered: 0, shed: 0, good: 0 };
    const end = clock.time + load.seconds * 1000;
    const gap = () => (-Math.log(1 - chance.next()) * 1000) / load.perSecond;
    let arrival = clock.time + gap();
    while (clock.time < end) {
      const speed = speedOf(this.#jobs.size, load.knee);
      const first = this.#jobs.first;
      const done = first === undefined ? Number.POSITIVE_INFINITY : clock.time + (first.doneAt - this.#work) / speed;
      const deadline = this.#nextDeadline();
      const timer = clock.nextAt;
      const next = Math.min(arrival, done, deadline, timer, end);
      this.#work += (next - clock.time) * speed;
      clock.time = next;
      if (next === done && first !== undefined) {
        this.#jobs.take();
        if (first.permit !== undefined) account.good++;
        this.#settle(first, 'answered');
      } else if (next === deadline) {
        const late = this.#waiting[this.#firstWaiting++];
        if (late !== undefined) this.#settle(late, 'late');
      } else if (next === timer) {
        this.#lineMoved = true;
        clock.fire();
      } else if (next === arrival) {
        this.#arrive(account, load.workMs(chance));
        arrival = next + gap();
      }
      if (this.#lineMoved) await null;
      this.#lineMoved = false;
    }
    return account;
  }

  #arrive(account: Account, workMs: number): void {
    account.offered++;
    const begin = (permit: Permit): void => {
      const job: Job = { doneAt: this.#work + workMs, startedAt: this.#clock.time, permit };
      this.#jobs.add(job);
      this.#waiting.push(job);
    };
    const refuse = (): void => {
      account.shed++;
    };
    try {
      const permit = this.#limiter.acquire(ASKED, 'default');
      if (permit instanceof Promise) void permit.then(begin, refuse);
      else begin(permit);
      this.#lineMoved = permit instanceof Promise;
    } catch {
      refuse();
    }
  }

  #settle(job: Job, name: FindingName): void {
    const at = this.#clock.now();
    const wait = this.#limiter.waiting;
    job.permit?.settle({ finding: finding(name), headMs: at - Math.floor(job.startedAt), at });
    job.permit?.release();
    job.permit = undefined;
    this.#lineMoved = wait > 0;
  }

  #nextDeadline(): number {
    for (;;) {
      const job = this.#waiting[this.#firstWaiting];
      if (job === undefined) return Number.POSITIVE_INFINITY;
      if (job.permit !== undefined) return job.startedAt + DEADLINE_MS;
      this.#firstWaiting++;
    }
  }
}

function speedOf(jobs: number, knee: number): number {
  if (jobs <= knee) return 1;
  const crowd = jobs / knee;
  return 1 / (crowd * (1 + CONTENTION * (crowd - 1)));
}

/** The job that is done next comes first. */
class Heap {
  readonly #jobs: Job[] = [];

  get size(): number {
    return this.#jobs.length;
  }

  get first(): Job | undefined {
    return this.#jobs[0];
  }

  add(job: Job): void {
    const jobs = this.#jobs;
    let at = jobs.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = jobs[above];
      if (parent === undefined || parent.doneAt <= job.doneAt) break;
      jobs[at] = parent;
      at = above;
    }
    jobs[at] = job;
  }

  take(): void {
    const jobs = this.#jobs;
    const last = jobs.pop();
    if (last === undefined || jobs.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = jobs[below];
      if (child === undefined) break;
      const other = jobs[below + 1];
      if (other !== undefined && other.doneAt < child.doneAt) {
        below++;
        child = other;
      }
      if (child.doneAt >= last.doneAt) break;
      jobs[at] = child;
      at = below;
    }
    jobs[at] = last;
  }
}
