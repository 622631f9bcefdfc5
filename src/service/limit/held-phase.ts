import type { Sample } from '../../core/ports/limiter.ts';
import { tooManyDrops } from './drops.ts';
import type { Wait } from './limit.ts';
import { type Drops, type LimitPhase, MIN_LIMIT, type PhaseVerdict, SUSPICIOUS, within } from './phase.ts';
import { FEW, MANY, type SampleWindow } from './sample-window.ts';
import type { UsualTimes } from './usual-times.ts';

/** The limit is what holds calls back if it rejects more than this for each that ended; less is a burst. */
const MAX_REFUSED = 0.05;
/** After this time without more drops or rejections than that, the evidence expires. */
const CALM_MS = 2_000;
/**
 * The same after this time, and twice the usual time, without any response: endless calls are no evidence of overload.
 */
const SILENCE_MS = 5_000;

/** The tolerated increase of the times before the limit falls, and the number of standard deviations in addition. */
const TOLERANCE = 1.12;
const DEVIATIONS = 2;
const MAX_TOLERANCE = 1.6;
/** Under load a shorter time may be random, so the usual one follows it slowly. */
const LUCK = 0.02;
/**
 * A probe has to measure below the growth that the tolerance allows, so `share * TOLERANCE < 1`. A probe that found the
 * usual time too short by more than `wrong` is followed by another one sooner.
 */
const PROBE = { everyMs: 10_000, jitter: 0.25, share: 0.6, wrong: 1.1, sooner: 0.1 };

/**
 * There is evidence of overload inside the service, and calls are rejected. A time beyond the tolerance means that
 * calls wait for one another, so the limit falls until they do not, and grows as far as the times allow. A periodic
 * window with fewer calls verifies the usual time.
 *
 * After Netflix's concurrency-limits (Gradient2: a gradient of times, a tolerance, room of √limit to grow) and Envoy's
 * adaptive concurrency filter (windows, a time measured at a lowered limit, jitter between such measurements).
 */
export class HeldPhase implements LimitPhase {
  readonly mode = 'held';
  now = MIN_LIMIT;
  readonly #random: () => number;
  readonly #window: SampleWindow;
  readonly #usual: UsualTimes;
  #limit = MIN_LIMIT;
  /** The limit at the last rise of the times: growth is fast far below it and slow above it. */
  #crowdedAt = Number.POSITIVE_INFINITY;
  #isProbe = false;
  /** The limit has just been doubled. */
  #leapt = false;
  #probeAt = 0;
  /** The limit at the last measurement of the usual time. */
  #measuredAt = 0;
  #calmSince = 0;
  #heardAt = 0;
  #lastMs: number | undefined;

  constructor(random: () => number, window: SampleWindow, usual: UsualTimes) {
    this.#random = random;
    this.#window = window;
    this.#usual = usual;
  }

  /** @param peak the previous maximum of calls in flight. */
  begin({ limit, drops }: { readonly limit: number; readonly drops?: Drops }, peak: number, at: number): void {
    this.#limit = within(limit);
    this.#crowdedAt = Math.max(this.#limit, peak / 2);
    this.#isProbe = false;
    this.#leapt = false;
    this.#calmSince = at;
    this.#heardAt = at;
    this.#lastMs = undefined;
    this.#measured(at);
    if (drops !== undefined) this.#drop(drops);
    this.#allow();
  }

  waited({ at }: Wait): PhaseVerdict | undefined {
    const isSilent = at - this.#heardAt > SILENCE_MS + 2 * this.#usual.meanMs;
    return isSilent ? { to: 'open', limit: this.#limit } : undefined;
  }

  settled(sample: Sample): PhaseVerdict | undefined {
    const window = this.#window;
    const { at } = sample;
    this.#heardAt = at;
    // A probe measures the times with fewer calls, a leap those with more, so earlier calls do not count.
    if ((this.#isProbe || this.#leapt) && !window.began(sample)) return undefined;
    window.add(sample);
    return window.isFull(at, this.#isFarBelow ? Math.min(FEW, 4 * this.now) : MANY) ? this.#close(at) : undefined;
  }

  #close(at: number): PhaseVerdict | undefined {
    const window = this.#window;
    const wasProbe = this.#isProbe;
    this.#isProbe = false;
    this.#leapt = false;
    this.#usual.answered(window.rate(at));
    if (wasProbe && window.typicalMs !== undefined) {
      const verdict = this.#measure(window.typicalMs, at);
      if (verdict !== undefined) return verdict;
    }
    const drops = tooManyDrops(window, this.#usual.declinedShare);
    const isHoldingBack = window.refused > MAX_REFUSED * window.samples;
    if (drops !== undefined) this.#drop(drops);
    else if (window.typicalMs !== undefined && !wasProbe) this.#adapt(window.typicalMs, isHoldingBack, at);
    this.#allow();
    if (drops !== undefined || isHoldingBack) this.#calmSince = at;
    else if (at - this.#calmSince >= CALM_MS) return { to: 'open', limit: this.now };
    window.begin(at);
    return undefined;
  }

  /** The result of a probe moves the usual time halfway. */
  #measure(typicalMs: number, at: number): PhaseVerdict | undefined {
    const knownMs = this.#usual.typicalMs ?? typicalMs;
    if (typicalMs > SUSPICIOUS * knownMs) {
      // Even few calls take this long, so the evidence is disproved.
      this.#usual.becomes(typicalMs, this.#window.noise);
      return { to: 'open', limit: this.#measuredAt };
    }
    this.#usual.take(typicalMs, 0.5, this.#window.noise);
    if (typicalMs > PROBE.wrong * knownMs) this.#probeAt = at + PROBE.sooner * this.#pause();
    return undefined;
  }

  #drop({ share, min }: Drops): void {
    this.#limit = Math.max(this.#limit * Math.min(0.9, 1 - share / 2), Math.min(this.#limit, min));
  }

  #adapt(typicalMs: number, isHoldingBack: boolean, at: number): void {
    if (!isHoldingBack) {
      this.#relax(typicalMs, at);
      return;
    }
    this.#lastMs = undefined;
    // A limit that fell far should have shortened the times; a probe verifies it.
    const isDue = at >= this.#probeAt || this.#limit <= PROBE.share * this.#measuredAt;
    if (!isDue) {
      this.#strain(typicalMs);
      return;
    }
    this.#isProbe = true;
    this.#measured(at);
  }

  /** The limit delayed no call, so long times do not lower it. */
  #relax(typicalMs: number, at: number): void {
    this.#usual.take(this.#lastMs ?? this.#usual.typicalMs ?? typicalMs, 0.2, this.#window.noise);
    this.#lastMs = typicalMs;
    if (this.#window.peak >= this.#limit / 2) this.#limit += 0.1 * Math.sqrt(this.#limit);
    this.#measured(at);
  }

  #strain(typicalMs: number): void {
    const tolerance = this.#tolerance(typicalMs);
    const usualMs = this.#usual.typicalMs ?? typicalMs;
    const gradient = (tolerance * usualMs) / typicalMs;
    const limit = this.#limit;
    if (gradient < 1) {
      this.#crowdedAt = limit;
      this.#limit = 0.7 * limit + 0.3 * (limit * Math.max(gradient, 0.5) + 0.3 * Math.sqrt(limit));
    } else if (this.#isFarBelow && typicalMs <= TOLERANCE * usualMs) {
      this.#leapt = true;
      this.#limit = 2 * limit;
    } else if (limit < this.#crowdedAt / 2) this.#limit = 1.25 * limit;
    else this.#limit = limit + 0.15 * Math.sqrt(limit);
  }

  /**
   * At the limit a long time is caused by load, so the usual one only falls. A time far below it is no coincidence and
   * counts at once.
   */
  #tolerance(typicalMs: number): number {
    const usual = this.#usual;
    const usualMs = usual.typicalMs ?? typicalMs;
    const share = typicalMs * MAX_TOLERANCE < usualMs ? 1 : LUCK;
    usual.typicalMs = Math.min(usualMs, (1 - share) * usualMs + share * typicalMs);
    return Math.min(TOLERANCE + DEVIATIONS * Math.sqrt(this.#window.noise + usual.noise), MAX_TOLERANCE);
  }

  #allow(): void {
    this.#limit = within(this.#limit);
    this.now = Math.floor(this.#isProbe ? Math.max(this.#limit * PROBE.share, MIN_LIMIT) : this.#limit);
  }

  #measured(at: number): void {
    this.#measuredAt = this.#limit;
    this.#probeAt = at + this.#pause();
  }

  /** Whether the limit is far below the last overload: after an outage, or if the evidence came late. */
  get #isFarBelow(): boolean {
    return this.#limit < this.#crowdedAt / 4;
  }

  #pause(): number {
    return PROBE.everyMs * (1 + PROBE.jitter * (2 * this.#random() - 1));
  }
}
