import type { StoredReply } from '../storage/entry.ts';

/** Maximum of concurrent background revalidations of one service. */
const MAX_AT_ONCE = 64;

/**
 * The pause between two revalidations of one response, so that a backend that cannot renew it does not get a request
 * from every client.
 */
const REST_MS = 1_000;
const MAX_REST_MS = 60_000;

/** Limits background revalidations for each service separately, so that a hanging one does not delay others. */
export class RevalidationBudget {
  readonly #running = new Map<string, number>();
  readonly #max: number;
  /** From 0 to 1. */
  readonly chance: () => number;

  constructor(max = MAX_AT_ONCE, chance: () => number = Math.random) {
    this.#max = max;
    this.chance = chance;
  }

  /** @returns whether one more of this service may start; then `done` is called once. */
  take(service: string): boolean {
    const running = this.#running.get(service) ?? 0;
    if (running >= this.#max) return false;
    this.#running.set(service, running + 1);
    return true;
  }

  done(service: string): void {
    const running = (this.#running.get(service) ?? 1) - 1;
    if (running === 0) this.#running.delete(service);
    else this.#running.set(service, running);
  }
}

/**
 * Decides when a stale response is revalidated in the background: one request at a time, and after failures with
 * growing random pauses, so that not all responses of a failed backend are requested at the same moment.
 */
export class RevalidationBackoff {
  readonly #budget: RevalidationBudget;
  readonly #rests = new WeakMap<StoredReply, { until: number; tries: number }>();

  constructor(budget: RevalidationBudget) {
    this.#budget = budget;
  }

  /** @returns whether it may start; then `done` of the budget is called at its end. */
  begin(service: string, entry: StoredReply, now: number): boolean {
    const rest = this.#rests.get(entry);
    if ((rest?.until ?? 0) > now || !this.#budget.take(service)) return false;
    const tries = rest?.tries ?? 0;
    // A renewed response is another entry, so a second revalidation of one entry means that the first one failed.
    const pause = Math.min(REST_MS * 2 ** tries, MAX_REST_MS) * (1 - this.#budget.chance() / 2);
    this.#rests.set(entry, { until: now + pause, tries: tries + 1 });
    return true;
  }
}
