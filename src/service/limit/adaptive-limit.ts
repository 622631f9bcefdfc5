import type { LearnedLimit, LimitMode, Sample } from '../../core/ports/limiter.ts';
import { HeldPhase } from './held-phase.ts';
import type { Limit, Wait } from './limit.ts';
import { OpenPhase } from './open-phase.ts';
import type { LimitPhase, PhaseVerdict } from './phase.ts';
import { SampleWindow } from './sample-window.ts';
import { TrialPhase } from './trial-phase.ts';
import { UsualTimes } from './usual-times.ts';

/**
 * Learns from response times how many concurrent calls a service can handle. It rejects no call without evidence:
 * `open` admits every call and observes; `trial` tests a suspicion with fewer calls while the others wait; `held`
 * rejects calls after evidence, until it is disproved or no longer needed. It has no timers and no clock: samples and
 * waiting calls carry the time.
 */
export class AdaptiveLimit implements Limit {
  now: number;
  mode: LimitMode = 'open';
  readonly #window = new SampleWindow();
  readonly #usual = new UsualTimes();
  readonly #open = new OpenPhase(this.#window, this.#usual);
  readonly #trial = new TrialPhase(this.#window, this.#usual);
  readonly #held: HeldPhase;
  #phase: LimitPhase = this.#open;

  /**
   * @param random returns a number from 0 up to 1, so that gateways do not probe at the same time.
   * @param learned the learned limit of another process, `at` this time.
   */
  constructor(random: () => number, learned?: LearnedLimit, at = 0) {
    this.#held = new HeldPhase(random, this.#window, this.#usual);
    if (learned !== undefined) this.#resume(learned, at);
    this.now = this.#phase.now;
  }

  get learned(): LearnedLimit | undefined {
    const { isKnown, typicalMs, meanMs, rate } = this.#usual;
    if (!isKnown || typicalMs === undefined) return undefined;
    return { usualMs: typicalMs, meanMs, rate, held: this.mode === 'held' };
  }

  acquired(inFlight: number): void {
    this.#window.acquired(inFlight);
  }

  waited(wait: Wait): void {
    const verdict = this.#phase.waited(wait);
    if (verdict !== undefined) this.#enter(verdict, wait.at);
    this.now = this.#phase.now;
  }

  refused(): void {
    this.#window.refused++;
  }

  settled(sample: Sample): void {
    if (sample.finding.outcome === 'ignored') return;
    const verdict = this.#phase.settled(sample);
    if (verdict !== undefined) this.#enter(verdict, sample.at);
    this.now = this.#phase.now;
  }

  #enter(verdict: PhaseVerdict, at: number): void {
    const { peak, recentPeak } = this.#window;
    if (verdict.to === 'open') {
      this.#open.begin(verdict, at);
      this.#phase = this.#open;
    } else if (verdict.to === 'trial') {
      this.#trial.begin(verdict.suspicion, at);
      this.#phase = this.#trial;
    } else {
      this.#held.begin(verdict, Math.max(recentPeak, peak), at);
      this.#phase = this.#held;
    }
    this.mode = this.#phase.mode;
    this.#window.begin(at);
  }

  #resume({ usualMs, meanMs, rate, held }: LearnedLimit, at: number): void {
    const usual = this.#usual;
    usual.typicalMs = usualMs;
    usual.meanMs = meanMs;
    usual.rate = rate;
    usual.isKnown = true;
    if (held) this.#enter({ to: 'held', limit: usual.inFlight }, at);
    else this.#open.begin({ limit: 2 * usual.inFlight }, at);
  }
}
