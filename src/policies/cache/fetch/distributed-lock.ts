import type { Clock } from '../../../core/ports/clock.ts';
import type { DistributedCacheLock } from '../../../core/ports/distributed-lock.ts';

/** How long a request is one host's to ask; a host that dies with it holds the others up no longer. */
const CLAIM_MS = 5_000;

/** How long a host waits for what another one asks, and how often it looks. */
const PATIENCE_MS = 1_000;
const LOOK_MS = 25;

/** Requests between hosts: one asks, the others look for its response in what they share. */
export class DistributedFetch {
  readonly #lock: DistributedCacheLock;
  readonly #clock: Clock;

  constructor(lock: DistributedCacheLock, clock: Clock) {
    this.#lock = lock;
    this.#clock = clock;
  }

  /**
   * @param look whether the response is there.
   * @returns `found` when another host's answer came; `ours` when this host has to ask.
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
