import type { Clock } from '../../../core/ports/clock.ts';
import type { DistributedCacheLock } from '../../../core/ports/distributed-lock.ts';

/** The lifetime of a host's claim on a key, which limits the delay for others if the host dies. */
const CLAIM_MS = 5_000;

/** How long a host waits for the fetch of another one, and its polling interval. */
const PATIENCE_MS = 1_000;
const LOOK_MS = 25;

/** Request coalescing between hosts: one fetches, the others poll the shared store for its response. */
export class DistributedFetch {
  readonly #lock: DistributedCacheLock;
  readonly #clock: Clock;

  constructor(lock: DistributedCacheLock, clock: Clock) {
    this.#lock = lock;
    this.#clock = clock;
  }

  /**
   * @param look whether the response is there.
   * @param patienceMs how long it waits at most, if that is less than a second.
   * @returns `found` for another host's response; `ours` if this host has to fetch.
   */
  async wait(key: string, look: () => Promise<boolean>, patienceMs: number): Promise<'found' | 'ours'> {
    if (await this.#lock.claim(key, CLAIM_MS)) return 'ours';
    for (let waited = 0; waited < Math.min(PATIENCE_MS, patienceMs); waited += LOOK_MS) {
      await new Promise<void>(resolve => this.#clock.after(LOOK_MS, resolve));
      if (await look()) return 'found';
    }
    return 'ours';
  }

  over(key: string): void {
    this.#lock.release(key);
  }
}
