import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';
import type { Probe } from './probe.ts';

export interface CheckOptions {
  readonly probe: Probe;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly chance: () => number;
  readonly intervalMs: number;
  /** Bad responses in a row that make it unhealthy. */
  readonly unhealthyThreshold: number;
  /** Good responses in a row that make it healthy. */
  readonly healthyThreshold: number;
  judge(verdict: 'healthy' | 'unhealthy'): void;
}

const JITTER = 0.2;

/** Probes one target periodically. It starts as healthy. */
export class CheckedTarget {
  readonly #target: Target;
  readonly #options: CheckOptions;
  #verdict: 'healthy' | 'unhealthy' = 'healthy';
  /** Responses in a row that contradict the current state. */
  #against = 0;
  #stopped = false;
  #next: Timer | undefined;

  constructor(target: Target, options: CheckOptions) {
    this.#target = target;
    this.#options = options;
    // Spreads the probes of targets that started together.
    this.#wait(options.intervalMs * options.chance());
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
  }

  async #check(): Promise<void> {
    const { probe, intervalMs: everyMs, chance } = this.#options;
    const good = await probe(this.#target);
    if (this.#stopped) return;
    this.#learn(good);
    this.#wait(everyMs * (1 + JITTER * (2 * chance() - 1)));
  }

  #learn(good: boolean): void {
    const { unhealthyThreshold, healthyThreshold, judge } = this.#options;
    if (good === (this.#verdict === 'healthy')) {
      this.#against = 0;
      return;
    }
    this.#against++;
    if (this.#against < (good ? healthyThreshold : unhealthyThreshold)) return;
    this.#against = 0;
    this.#verdict = good ? 'healthy' : 'unhealthy';
    judge(this.#verdict);
  }

  #wait(ms: number): void {
    this.#next = this.#options.clock.after(Math.round(ms), () => void this.#check());
    this.#next.unref?.();
  }
}
