import type { Sample } from '../../core/ports/limiter.ts';
import type { Wait } from './limit.ts';
import { type LimitPhase, MAX_DROPS, MIN_LIMIT, type PhaseVerdict, SUSPICIOUS, type Suspicion } from './phase.ts';
import { FEW, type SampleWindow } from './sample-window.ts';
import type { UsualTimes } from './usual-times.ts';

/** What the times must fall to when there are fewer calls, or it is not the crowd that made them long. */
const HELPED = 0.8;
/** So many calls from before the cut make a better time of the crowd than the suspicion had. */
const OLD_ENOUGH = 8;
/** More than so many of them that ran out of time are no accident. */
const OLD_DROPS = 5;
/** This share of the judged calls may still be out: those that come back decide. */
const MISSING = 1 / 8;
/** With more than this share of drops among the judged calls, fewer calls were still too many. */
const JUDGED_DROPS = 1 / 4;
/** The trial ends after so long and twice the suspected time, whatever it has measured. */
const END_MS = 1_000;
/** One that ended like that is not repeated for so long. */
const REST_MS = 10_000;

/**
 * A controlled experiment: fewer concurrent calls, as many as rate and usual time explain, and no call is refused. The
 * calls that begin after the cut are judged: if they are fast again, there was a crowd; if they take as long, the
 * service itself is slow.
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
  /** Of the calls that began before the cut. */
  #old = { timed: 0, logs: 0, drops: 0 };
  /** When the last of the calls began that are judged. */
  #chosenAt = Number.POSITIVE_INFINITY;
  #chosen = 0;

  constructor(window: SampleWindow, usual: UsualTimes) {
    this.#window = window;
    this.#usual = usual;
  }

  begin(suspicion: Suspicion, at: number): void {
    this.#suspectPeak = suspicion.peak;
    this.#isRepeated = false;
    this.#endsAt = at + END_MS + 2 * suspicion.ms;
    this.#cut(suspicion.calls, suspicion.ms, at);
  }

  waited({ at }: Wait): PhaseVerdict | undefined {
    return this.#judge(at);
  }

  settled(sample: Sample): PhaseVerdict | undefined {
    const { at, headersMs: headMs, finding } = sample;
    const beganAt = at - headMs;
    if (beganAt > this.#cutAt) {
      if (beganAt <= this.#chosenAt) this.#window.add(sample);
    } else if (finding.overloaded) this.#old.drops++;
    else if (finding.outcome === 'succeeded') {
      this.#old.timed++;
      this.#old.logs += Math.log(Math.max(headMs, 0.5));
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
    // Calls that ran out of time before there were fewer: that is proof enough.
    if (isDropping && drops > OLD_DROPS) return this.#proven();
    if (at > this.#endsAt) {
      return isDropping && drops > 0 ? this.#proven() : { to: 'open', limit: this.#suspectPeak, restMs: REST_MS };
    }
    if (this.#chosenAt === Number.POSITIVE_INFINITY && !this.#choose(at)) return undefined;
    return this.#compare(at);
  }

  /** Whether enough calls have begun after the cut to judge by them. */
  #choose(at: number): boolean {
    if (this.#window.begun < Math.min(FEW, 2 * this.now)) return false;
    this.#chosenAt = at;
    this.#chosen = this.#window.begun;
    const { timed, logs } = this.#old;
    if (timed >= OLD_ENOUGH) this.#suspectMs = Math.min(this.#suspectMs, Math.exp(logs / timed));
    return true;
  }

  /** Calls that are still out count as if they came now. */
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

  #acquitted(usualMs: number, noise: number): PhaseVerdict {
    this.#usual.becomes(usualMs, noise);
    return { to: 'open', limit: this.#suspectPeak };
  }
}
