import type { Sample } from '../../core/ports/limiter.ts';
import type { Wait } from './limit.ts';
import { type LimitPhase, MAX_DROPS, MIN_LIMIT, type PhaseVerdict, SUSPICIOUS, type Suspicion } from './phase.ts';
import { FEW, type SampleWindow } from './sample-window.ts';
import type { UsualTimes } from './usual-times.ts';

/** The times must fall to this share with fewer calls, or load was not their cause. */
const HELPED = 0.8;
/** This many calls from before the cut give a better time under load than the suspicion. */
const OLD_ENOUGH = 8;
/** More timeouts among them than this are no accident. */
const OLD_DROPS = 5;
/** This share of the judged calls may still be missing, since the others decide. */
const MISSING = 1 / 8;
/** With more than this share of drops among the judged calls, even fewer calls were too many. */
const JUDGED_DROPS = 1 / 4;
/** The trial ends after this time and twice the suspected time with any result. */
const END_MS = 1_000;
/** An inconclusive trial is not repeated for this time. */
const REST_MS = 10_000;

/**
 * A controlled experiment: fewer concurrent calls, as many as rate and usual time explain, and none is rejected. The
 * calls that start after the cut are judged: if they are fast again, there was an overload; if not, the service itself
 * is slow.
 */
export class TrialPhase implements LimitPhase {
  readonly mode = 'trial';
  now = MIN_LIMIT;
  readonly #window: SampleWindow;
  readonly #usual: UsualTimes;
  #suspectPeak = 0;
  #suspectMs = 0;
  #cutAt = 0;
  #endsAt = 0;
  #isRepeated = false;
  /** Whether a call had to wait. Without one the cut changed nothing, and times that fell have another cause. */
  #isHoldingBack = false;
  /** The calls that started before the cut. */
  #old = { timed: 0, logs: 0, drops: 0 };
  /** The start of the last judged call. */
  #chosenAt = Number.POSITIVE_INFINITY;
  #chosen = 0;

  constructor(window: SampleWindow, usual: UsualTimes) {
    this.#window = window;
    this.#usual = usual;
  }

  begin(suspicion: Suspicion, at: number): void {
    this.#suspectPeak = suspicion.peak;
    this.#isRepeated = false;
    this.#isHoldingBack = false;
    this.#endsAt = at + END_MS + 2 * suspicion.ms;
    this.#cut(suspicion.calls, suspicion.ms, at);
  }

  waited({ at }: Wait): PhaseVerdict | undefined {
    this.#isHoldingBack = true;
    return this.#judge(at);
  }

  settled(sample: Sample): PhaseVerdict | undefined {
    const { at, headersMs, finding } = sample;
    const beganAt = at - headersMs;
    if (beganAt > this.#cutAt) {
      if (beganAt <= this.#chosenAt) this.#window.add(sample);
    } else if (finding.overloaded) this.#old.drops++;
    else if (finding.outcome === 'succeeded') {
      this.#old.timed++;
      this.#old.logs += Math.log(Math.max(headersMs, 0.5));
    }
    return this.#judge(at);
  }

  #cut(calls: number, suspectMs: number, at: number): void {
    this.now = Math.floor(Math.max(calls, MIN_LIMIT));
    this.#suspectMs = suspectMs;
    this.#cutAt = at;
    this.#old = { timed: 0, logs: 0, drops: 0 };
    this.#chosenAt = Number.POSITIVE_INFINITY;
    this.#window.begin(at);
  }

  #judge(at: number): PhaseVerdict | undefined {
    const { timed, drops } = this.#old;
    const isDropping = drops > MAX_DROPS * timed;
    // Timeouts before the cut are evidence enough.
    if (isDropping && drops > OLD_DROPS) return this.#proven();
    if (at > this.#endsAt) {
      return isDropping && drops > 0 ? this.#proven() : this.#inconclusive();
    }
    if (this.#chosenAt === Number.POSITIVE_INFINITY && !this.#choose(at)) return undefined;
    return this.#compare(at);
  }

  /** Whether enough calls have started after the cut. */
  #choose(at: number): boolean {
    if (this.#window.begun < Math.min(FEW, 2 * this.now)) return false;
    this.#chosenAt = at;
    this.#chosen = this.#window.begun;
    const { timed, logs } = this.#old;
    if (timed >= OLD_ENOUGH) this.#suspectMs = Math.min(this.#suspectMs, Math.exp(logs / timed));
    return true;
  }

  /** Unfinished calls count as if they ended now. */
  #compare(at: number): PhaseVerdict | undefined {
    const { samples, drops, noise } = this.#window;
    const missing = this.#chosen - samples;
    const ageMs = at - this.#chosenAt;
    const atLeastMs = this.#window.typicalWith(missing, ageMs);
    const usual = this.#usual;
    if (drops > JUDGED_DROPS * this.#chosen) return this.#proven();
    if (atLeastMs > HELPED * this.#suspectMs) return this.#acquitted(this.#suspectMs, noise);
    if (missing > MISSING * this.#chosen && ageMs < this.#suspectMs) return undefined;
    if (atLeastMs <= SUSPICIOUS * (usual.typicalMs ?? this.#suspectMs)) {
      if (!this.#isHoldingBack) return this.#inconclusive();
      if (!usual.isKnown) usual.take(atLeastMs, 1, noise);
      return this.#proven();
    }
    if (this.#isRepeated) return this.#acquitted(atLeastMs, noise);
    this.#isRepeated = true;
    this.#endsAt += 2 * atLeastMs;
    this.#cut(this.now / 2, atLeastMs, at);
    return undefined;
  }

  #proven(): PhaseVerdict {
    return { to: 'held', limit: this.now };
  }

  #inconclusive(): PhaseVerdict {
    return { to: 'open', limit: this.#suspectPeak, restMs: REST_MS };
  }

  #acquitted(usualMs: number, noise: number): PhaseVerdict {
    this.#usual.becomes(usualMs, noise);
    return { to: 'open', limit: this.#suspectPeak };
  }
}
