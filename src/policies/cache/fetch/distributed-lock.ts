import type { Clock } from '../../../core/ports/clock.ts';
import type { DistributedCacheLock } from '../../../core/ports/distributed-lock.ts';

/** How long one host may hold the claim of a key; a host that dies with it does not hold the others up longer. */
const CLAIM_MS = 5_000;

/** How long a host waits for the fetch of another one, and how often it looks. */
const PATIENCE_MS = 1_000;
const LOOK_MS = 25;

/** Request coalescing between hosts: one fetches, the others look for its response in the shared store. */
export class DistributedFetch {
  readonly #lock: DistributedCacheLock;
  readonly #clock: Clock;

  constructor(lock: DistributedCacheLock, clock: Clock) {
    this.#lock = lock;
    this.#clock = clock;
  }

  /**
   * @param look whether the response is there.
   * @returns `found` when another host's response came; `ours` when this host has to fetch.
   */
  async wait(key: string, look: () => Promise<boolean>): Promise<'found' | 'ours'> {
    if (await this.#lock.claim(key, CLAIM_MS)) return 'ours';
    for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
      await new Promise<void>(resolve => this.#clock.after(LOOK_MS, resolve));
      if (await look()) return 'found';
    }
    return 'ours';
  }

  over(key: string): void {
    this.#lock.release(key);
  }
}
