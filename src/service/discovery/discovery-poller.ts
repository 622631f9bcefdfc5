import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { ListedTarget } from '../balance/target-state.ts';
import type { ResolvedTargets, TargetSource } from './source.ts';

export interface DiscoveryPollerOptions {
  readonly clock: Clock;
  /** From 0 up to 1, so that gateways do not poll at the same time. */
  readonly chance: () => number;
  found(targets: readonly ListedTarget[]): void;
  /** Called for each failed lookup; the targets of the last successful one stay. */
  failed(why: unknown): void;
}

const MAX_LOOK_MS = 5_000;
const RETRY = { firstMs: 1_000, maxMs: 30_000 };
const JITTER = 0.1;

/**
 * Polls for targets. The last result is kept until there is another one, for any time, because a name without a
 * response is a failed name server, not failed targets; those are found by their own outcomes.
 */
export class DiscoveryPoller {
  /** Resolves after the first lookup with any result. */
  readonly first: Promise<void>;
  readonly #source: TargetSource;
  readonly #options: DiscoveryPollerOptions;
  readonly #looked: () => void;
  #failures = 0;
  #stopped = false;
  #looking: AbortController | undefined;
  #next: Timer | undefined;

  constructor(source: TargetSource, options: DiscoveryPollerOptions) {
    this.#source = source;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    this.#looked = resolve;
  }

  start(): void {
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
    this.#looking?.abort();
    this.#looked();
  }

  async #look(): Promise<void> {
    const waitMs = await this.#find().then(
      resolved => this.#took(resolved),
      (error: unknown) => this.#missed(error),
    );
    this.#looked();
    if (this.#stopped) return;
    const jittered = waitMs * (1 + JITTER * (2 * this.#options.chance() - 1));
    this.#next = this.#options.clock.after(Math.round(jittered), () => this.start());
    this.#next.unref?.();
  }

  /** @returns the milliseconds until the next lookup. */
  #took({ targets, goodForMs }: ResolvedTargets): number {
    if (targets.length === 0) return this.#missed(new Error('no target was found'));
    this.#failures = 0;
    if (!this.#stopped) this.#options.found(targets);
    return goodForMs;
  }

  #missed(why: unknown): number {
    if (!this.#stopped) this.#options.failed(why);
    return Math.min(RETRY.firstMs * 2 ** this.#failures++, RETRY.maxMs);
  }

  #find(): Promise<ResolvedTargets> {
    const looking = new AbortController();
    this.#looking = looking;
    return new Promise((resolve, reject) => {
      const late = () => looking.abort(new Error(`nothing was found within ${MAX_LOOK_MS / 1_000} s`));
      const timer = this.#options.clock.after(MAX_LOOK_MS, late);
      timer.unref?.();
      // The source may ignore the signal.
      looking.signal.onabort = () => {
        timer.cancel();
        reject(looking.signal.reason);
      };
      const find = async (): Promise<ResolvedTargets> => this.#source.find(looking.signal);
      find()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }
}
