import { type FindingName, finding } from '../../src/core/outcome.ts';
import type { Limiter, Permit } from '../../src/core/ports/limiter.ts';
import type { Chance } from './chance.ts';

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

/**
 * A backend on virtual time behind a limiter: processor sharing up to a knee, contention beyond it (as the Universal Scalability Law
 * has it), calls that come by chance, and a deadline that the backend does not hear of: it works on for those that left.
 */
export function simulate(limiter: Limiter, loads: readonly Load[], chance: Chance): Account[] {
  const backend = new LoadedBackend(limiter);
  return loads.map(load => backend.bear(load, chance));
}

class LoadedBackend {
  readonly #limiter: Limiter;
  readonly #jobs = new Heap();
  /** In the order in which they began, which is that of their deadlines. */
  readonly #waiting: Job[] = [];
  #firstWaiting = 0;
  #now = 1_000_000;
  /** The work that a call got which was there all the time. */
  #work = 0;

  constructor(limiter: Limiter) {
    this.#limiter = limiter;
  }

  bear(load: Load, chance: Chance): Account {
    const account: Account = { offered: 0, shed: 0, good: 0 };
    const end = this.#now + load.seconds * 1000;
    const gap = () => (-Math.log(1 - chance.next()) * 1000) / load.perSecond;
    let arrival = this.#now + gap();
    while (this.#now < end) {
      const speed = speedOf(this.#jobs.size, load.knee);
      const first = this.#jobs.first;
      const done = first === undefined ? Number.POSITIVE_INFINITY : this.#now + (first.doneAt - this.#work) / speed;
      const deadline = this.#nextDeadline();
      const next = Math.min(arrival, done, deadline, end);
      this.#work += (next - this.#now) * speed;
      this.#now = next;
      if (next === done && first !== undefined) {
        this.#jobs.take();
        if (first.permit !== undefined) account.good++;
        this.#settle(first, 'answered');
      } else if (next === deadline) {
        const late = this.#waiting[this.#firstWaiting++];
        if (late !== undefined) this.#settle(late, 'late');
      } else if (next === arrival) {
        this.#arrive(account, load.workMs(chance));
        arrival = next + gap();
      }
    }
    return account;
  }

  #arrive(account: Account, workMs: number): void {
    account.offered++;
    let permit: Permit;
    try {
      permit = this.#limiter.acquire();
    } catch {
      account.shed++;
      return;
    }
    const job: Job = { doneAt: this.#work + workMs, startedAt: this.#now, permit };
    this.#jobs.add(job);
    this.#waiting.push(job);
  }

  #settle(job: Job, name: FindingName): void {
    const at = Math.floor(this.#now);
    // The gateway's clock tells whole milliseconds.
    job.permit?.settle({ finding: finding(name), headMs: at - Math.floor(job.startedAt), at });
    job.permit?.release();
    job.permit = undefined;
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
