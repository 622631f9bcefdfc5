import type { Sample } from '../../core/ports/limiter.ts';
import { tooManyDrops } from './drops.ts';
import type { Wait } from './limit.ts';
import { type LimitPhase, MAX_LIMIT, type PhaseVerdict, SUSPICIOUS } from './phase.ts';
import { FEW, MANY, type SampleWindow } from './sample-window.ts';
import type { UsualTimes } from './usual-times.ts';

/** This many concurrent calls need no evidence, nor do twice the recent number. */
const FREE = 32;
const PEAKS = 2;
const PEAK_KEPT = 0.995;

/**
 * While calls wait without any response, the limit grows e-fold in this time, or in the usual time, up to the maximum.
 */
const UNHEARD_MS = 75;
const UNHEARD_MAX = 256;
/**
 * The same if responses have stopped for this time or twice the usual time, because long polls may hold all permits.
 */
const SILENCE_MS = 400;
/** Older times may be outdated. */
const FRESH_MS = 10_000;
/** With each response the limit grows by this number if calls waited recently. */
const PER_RESPONSE = 2;
const WAITING_MS = 10;

/** The number of samples that suffices while calls wait. */
const ENOUGH_KNOWN = 8;
const ENOUGH_UNKNOWN = 32;
const ENOUGH_DROPS = 6;
/** The number of calls in flight relative to what rate and usual time explain. */
const STUCK = 4;
/** An overload is suspected for at most this time, or this many usual times, since few responses are a poor measure. */
const STUCK_MS = 500;
/**
 * A crowd that is gone after less than this was a burst: with quick calls even the turn of this process's own event
 * loop in which they all arrived is many usual times long.
 */
const STANDING_MS = 100;
/** With a single window of data, the times must be this much more suspicious. */
const DOUBTFUL = 2;

/**
 * There is no evidence against the service: every call may start, after a short wait at most. The phase looks for a
 * reason to suspect that calls wait for one another inside the service.
 */
export class OpenPhase implements LimitPhase {
  readonly mode = 'open';
  now = FREE;
  readonly #window: SampleWindow;
  readonly #usual: UsualTimes;
  /** The decaying maximum of calls in flight. */
  #peak = 0;
  /** Like `now`, not rounded. */
  #room = FREE;
  #waitedAt = Number.NEGATIVE_INFINITY;
  /** Since then calls have waited without a pause. */
  #crowdedSince = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** Whether calls wait and no response arrives. */
  #isUnheard = false;
  #restsUntil = Number.NEGATIVE_INFINITY;

  constructor(window: SampleWindow, usual: UsualTimes) {
    this.#window = window;
    this.#usual = usual;
  }

  /** @param restMs the time without a new suspicion, so that an inconclusive trial is not repeated at once. */
  begin({ limit, restMs = 0 }: { readonly limit: number; readonly restMs?: number }, at: number): void {
    this.#restsUntil = at + restMs;
    this.#waitedAt = at;
    this.#crowdedSince = at;
    this.#heardAt = at;
    this.#isUnheard = false;
    this.#peak = Math.max(this.#window.peak, limit / PEAKS);
    this.#allow(Math.max(FREE, limit));
  }

  waited({ at, isFirst }: Wait): undefined {
    const patienceMs = this.#patienceMs(at);
    if (isFirst) this.#begins(at, patienceMs);
    else if (this.#isUnheard) this.#grow((at - this.#waitedAt) / patienceMs);
    else this.#isUnheard = at - this.#heardAt > Math.max(SILENCE_MS, 2 * patienceMs);
    this.#window.waited = true;
    if (isFirst && at - this.#waitedAt > WAITING_MS) this.#crowdedSince = at;
    this.#waitedAt = at;
  }

  settled(sample: Sample): PhaseVerdict | undefined {
    const window = this.#window;
    const { at } = sample;
    this.#heardAt = at;
    window.add(sample);
    if (window.waited || at - this.#waitedAt <= WAITING_MS) return this.#settledInCrowd(sample);
    return window.samples >= FEW && window.isFull(at, MANY) ? this.#close(at) : undefined;
  }

  #settledInCrowd(sample: Sample): PhaseVerdict | undefined {
    const { at, finding } = sample;
    this.#window.addInCrowd(sample);
    if (finding.outcome === 'succeeded' && at - this.#waitedAt <= WAITING_MS) {
      this.#isUnheard = false;
      this.#allow(Math.min(this.#room + PER_RESPONSE, MAX_LIMIT));
    }
    return this.#isEnough(at) ? this.#close(at) : undefined;
  }

  /** Calls that waited a moment ago may still wait; only after a pause it is a new wave, which is judged separately. */
  #begins(at: number, patienceMs: number): void {
    if (at - this.#waitedAt <= patienceMs) return;
    this.#isUnheard = true;
    this.#window.begin(at);
  }

  #grow(times: number): void {
    if (this.now < UNHEARD_MAX) this.#allow(Math.min(this.#room * Math.exp(times), UNHEARD_MAX));
  }

  /** How long responses may take: the usual time if it is known. */
  #patienceMs(at: number): number {
    return at - this.#heardAt > FRESH_MS ? UNHEARD_MS : Math.max(UNHEARD_MS, this.#usual.meanMs);
  }

  #isEnough(at: number): boolean {
    const window = this.#window;
    const { declinedShare, isKnown, meanMs } = this.#usual;
    if (!window.waited) return window.isFull(at, MANY);
    // A permit freed by a timeout is no free capacity, because the service still works for that client.
    if (window.drops >= ENOUGH_DROPS && tooManyDrops(window, declinedShare) !== undefined) return true;
    return isKnown ? window.isFull(at, ENOUGH_KNOWN, 2 * meanMs) : window.isFull(at, ENOUGH_UNKNOWN);
  }

  #close(at: number): PhaseVerdict | undefined {
    const window = this.#window;
    const usual = this.#usual;
    const rate = window.rate(at);
    this.#peak = Math.max(this.#peak * PEAK_KEPT, window.peak);
    usual.answered(rate);
    const drops = tooManyDrops(window, usual.declinedShare);
    if (drops !== undefined) return { to: 'held', limit: usual.inFlight, drops };
    const suspectMs = window.waited && at >= this.#restsUntil ? this.#suspectMs(at, rate) : undefined;
    if (suspectMs !== undefined) {
      const { peak } = window;
      return { to: 'trial', suspicion: { ms: suspectMs, peak, calls: Math.min(usual.inFlight, peak / 2) } };
    }
    if (usual.typicalMs === undefined) usual.first(window);
    else if (window.waited) usual.interrupt();
    else usual.calm(window, rate);
    if (!window.waited) this.#allow(Math.min(Math.max(FREE, PEAKS * this.#peak), MAX_LIMIT));
    window.begin(at);
    return undefined;
  }

  #isCrowdStanding(at: number): boolean {
    return at - this.#waitedAt <= WAITING_MS && at - this.#crowdedSince >= STANDING_MS;
  }

  /**
   * How long calls take under a possible overload. Heavy-tailed times do not match, because their fastest calls stay
   * fast.
   */
  #suspectMs(at: number, rate: number): number | undefined {
    const window = this.#window;
    const { isKnown, typicalMs, meanMs } = this.#usual;
    if (typicalMs === undefined || window.slowestMs === 0) return undefined;
    const suspicious = isKnown ? SUSPICIOUS : DOUBTFUL * SUSPICIOUS;
    if (window.fastestMs > suspicious * typicalMs) return this.#isCrowdStanding(at) ? window.fastestMs : undefined;
    // An overload behind one of several routes. Its calls return late; those that never do are long polls. A burst is
    // gone before the window closes.
    const isStuck = window.inFlight > STUCK * rate * meanMs && window.slowestMs > SUSPICIOUS * meanMs;
    if (!isKnown || !isStuck || window.lastedMs(at) < 2 * meanMs) return undefined;
    return Math.min(window.peak / rate, Math.max(STUCK * meanMs, STUCK_MS));
  }

  #allow(room: number): void {
    this.#room = room;
    this.now = Math.floor(room);
  }
}
