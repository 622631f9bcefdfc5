import type { Sample } from '../../core/ports/limiter.ts';
import type { Bound } from './bound.ts';
import { SampleWindow } from './sample-window.ts';

const LEAST = 2;
const START = 20;
const MOST = 1_000;
/** So many windows make the first baseline. */
const FIRST_WINDOWS = 2;

/** With more than this share of drops (timeouts, connect errors, 429, 503) the limit falls, whatever the times say. */
const MOST_DROPS = 0.05;
/** What 429 lower it to at the least: one client over its quota must not take the service from all others. */
const THROTTLED_LEAST = START / 2;
/** It was the limit that held calls back if it refused more than this for each that ended; less is a gust. */
const MOST_REFUSED = 0.05;
/** How far the time to head may exceed the baseline before the limit falls, and how many deviations of either mean beside. */
const TOLERANCE = 1.12;
const DEVIATIONS = 2;
const MOST_TOLERANCE = 1.6;
/**
 * Stability: a probe has to look below what the tolerance lets grow, so `share * TOLERANCE < 1`. A probe that found the baseline wrong
 * by more than `wrong` is followed by another one sooner.
 */
const PROBE = { everyMs: 10_000, jitter: 0.25, share: 0.6, wrong: 1.1, sooner: 0.1 };

/**
 * How many calls a service bears at once, learnt from how long its answers take. No timers and no clock: windows close on samples.
 *
 * While the limit holds nobody back, the time to head is what the service takes by itself: it is the baseline, and the limit keeps some
 * distance above what is needed. While it does, a time beyond the baseline's tolerance means that calls wait for one another inside the
 * service: the limit falls until they do not. A baseline that was learnt long ago is put to the test by a window of fewer calls.
 *
 * After Netflix's concurrency-limits (Gradient2: a gradient of times with a tolerance and room of √limit to grow) and Envoy's adaptive
 * concurrency filter (windows, a baseline measured at a lowered limit, jitter between such measurements).
 */
export class AdaptiveLimit implements Bound {
  readonly #chance: () => number;
  readonly #window = new SampleWindow();
  #limit: number;
  /** The limit as a whole number, lowered while a probe lasts. */
  #allowed: number;
  #baselineMs: number | undefined;
  /** The variance of the baseline, as a share. */
  #baselineNoise = 0;
  /** The time of the newest window that was not saturated. It counts when the next is not either: the last one before is half a crowd. */
  #lastMs: number | undefined;
  #windows = 0;
  /** The most calls in flight, slowly forgotten. */
  #peak = 0;
  /** The limit at which times rose last, slowly forgotten: far below it growth is fast, above it slow. */
  #crowdedAt = Number.POSITIVE_INFINITY;
  #probing = false;
  /** The limit has just been doubled. */
  #leapt = false;
  #probeAt: number | undefined;
  /** The limit when the baseline was measured last. */
  #provenAt: number;

  /**
   * @param chance from 0 up to 1: gateways side by side must not probe together.
   * @param start what the service bore before, as far as that is known.
   */
  constructor(chance: () => number, start: number = START) {
    this.#chance = chance;
    this.#limit = Math.min(Math.max(start, LEAST), MOST);
    this.#allowed = Math.floor(this.#limit);
    this.#provenAt = this.#limit;
  }

  /** How many calls may be in flight at this moment. */
  get now(): number {
    return this.#allowed;
  }

  acquired(inFlight: number): void {
    if (inFlight > this.#window.peak) this.#window.peak = inFlight;
  }

  refused(): void {
    this.#window.refused++;
  }

  settled(sample: Sample): void {
    if (sample.finding.outcome === 'ignored') return;
    // A probe measures what fewer calls at once take, a leap what more do: those that began before do not count.
    if ((this.#probing || this.#leapt) && !this.#window.began(sample)) return;
    if (this.#window.add(sample, this.#isFarBelow)) this.#close(sample.at);
  }

  #close(at: number): void {
    const window = this.#window;
    const probed = this.#probing;
    const typicalMs = window.typicalMs;
    this.#peak = Math.max(this.#peak * 0.995, window.peak);
    this.#probing = false;
    this.#leapt = false;
    this.#probeAt ??= at + this.#pause();
    if (typicalMs !== undefined) this.#measure(typicalMs, probed, at);
    const most = MOST_DROPS * window.samples;
    if (window.drops > most) {
      this.#drop(window.drops / window.samples, window.drops - window.throttled > most ? LEAST : THROTTLED_LEAST);
    } else if (typicalMs !== undefined && !probed) this.#adapt(typicalMs, at);
    this.#limit = Math.min(Math.max(this.#limit, LEAST), MOST);
    this.#allowed = Math.floor(this.#probing ? Math.max(this.#limit * PROBE.share, LEAST) : this.#limit);
    window.begin(at);
  }

  /** The first windows are the baseline; a probe moves it half of the way. */
  #measure(typicalMs: number, probed: boolean, at: number): void {
    const known = this.#baselineMs;
    if (probed || known === undefined) this.#take(typicalMs, known === undefined ? 1 : 0.5);
    else if (this.#windows < FIRST_WINDOWS && typicalMs < known) this.#take(typicalMs, 1);
    this.#windows++;
    if (probed && known !== undefined && typicalMs > PROBE.wrong * known) {
      this.#probeAt = at + PROBE.sooner * this.#pause();
    }
  }

  /** Moves the baseline by a share towards what the window showed. */
  #take(typicalMs: number, share: number): void {
    const kept = 1 - share;
    this.#baselineMs = kept * (this.#baselineMs ?? typicalMs) + share * typicalMs;
    this.#baselineNoise = kept * kept * this.#baselineNoise + share * share * this.#window.noise;
  }

  #drop(share: number, least: number): void {
    // An outage is no crowd: where times rose stays known, so that the way back up from it is short.
    if (this.#crowdedAt === Number.POSITIVE_INFINITY) this.#crowdedAt = this.#limit;
    this.#limit = Math.max(this.#limit * Math.min(0.9, 1 - share / 2), Math.min(this.#limit, least));
  }

  #adapt(typicalMs: number, at: number): void {
    const baselineMs = this.#baselineMs ?? typicalMs;
    if (this.#window.refused <= MOST_REFUSED * this.#window.samples) {
      this.#relax(typicalMs, baselineMs);
      this.#proven(at);
      return;
    }
    this.#lastMs = undefined;
    // A limit that fell far should have shortened times; whether it did, a probe tells.
    const due = at >= (this.#probeAt ?? at) || this.#limit <= PROBE.share * this.#provenAt;
    if (!due) {
      this.#strain(typicalMs, baselineMs);
      return;
    }
    this.#probing = true;
    this.#proven(at);
  }

  #proven(at: number): void {
    this.#provenAt = this.#limit;
    this.#probeAt = at + this.#pause();
  }

  /** The limit held nobody back, so times do not lower it, however long they are: the service is slow by itself. */
  #relax(typicalMs: number, baselineMs: number): void {
    this.#take(this.#lastMs ?? baselineMs, 0.2);
    this.#lastMs = typicalMs;
    this.#crowdedAt *= 1.005;
    const limit = this.#limit;
    const ceiling = Math.max(START, 2 * this.#peak + 4);
    if (limit > ceiling) this.#limit = 0.98 * limit;
    else if (this.#window.peak >= limit / 2) {
      const step = limit < this.#crowdedAt ? 0.5 : 0.1;
      this.#limit = Math.min(ceiling, limit + step * Math.sqrt(limit));
    }
  }

  /** The limit held calls back: as far as times allow it grows, else it falls. */
  #strain(typicalMs: number, knownMs: number): void {
    // At the limit a long time is the crowd's, so the baseline only falls; a short one may be luck, so it falls slowly.
    const baselineMs = typicalMs < knownMs ? 0.98 * knownMs + 0.02 * typicalMs : knownMs;
    this.#baselineMs = baselineMs;
    const noise = DEVIATIONS * Math.sqrt(this.#window.noise + this.#baselineNoise);
    const tolerance = Math.min(TOLERANCE + noise, MOST_TOLERANCE);
    const gradient = (tolerance * baselineMs) / typicalMs;
    const limit = this.#limit;
    if (gradient < 1) {
      this.#crowdedAt = limit;
      this.#limit = 0.7 * limit + 0.3 * (limit * Math.max(gradient, 0.5) + 0.3 * Math.sqrt(limit));
    } else if (this.#isFarBelow && typicalMs <= TOLERANCE * baselineMs) {
      this.#leapt = true;
      this.#limit = 2 * limit;
    } else if (limit < this.#crowdedAt / 2) this.#limit = 1.25 * limit;
    else this.#limit = limit + 0.3 * 0.5 * Math.sqrt(limit);
  }

  /** Whether no crowd is near: at the beginning, and after an outage. */
  get #isFarBelow(): boolean {
    return this.#limit < this.#crowdedAt / 4;
  }

  #pause(): number {
    return PROBE.everyMs * (1 + PROBE.jitter * (2 * this.#chance() - 1));
  }
}
