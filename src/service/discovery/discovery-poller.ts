import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { ListedTarget } from '../balance/target-state.ts';
import type { ResolvedTargets, TargetSource } from './source.ts';

export interface DiscoveryPollerOptions {
  readonly clock: Clock;
  /** From 0 up to 1: gateways side by side must not poll together. */
  readonly chance: () => number;
  found(targets: readonly ListedTarget[]): void;
  /** Called for each lookup without a result; the targets of the last successful one stay. */
  failed(why: unknown): void;
}

const MAX_LOOK_MS = 5_000;
const RETRY = { firstMs: 1_000, maxMs: 30_000 };
const JITTER = 0.1;

/**
 * Resolves targets again and again. The last result stays until there is another one, however long that takes: a name
 * without a response is a dead name server, not dead targets, and dead targets are found by their own responses.
 */
export class DiscoveryPoller {
  /** When the first look is over, whatever it showed. */
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

  /** @returns in how many milliseconds to look again. */
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
      // The source need not respect the signal.
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
