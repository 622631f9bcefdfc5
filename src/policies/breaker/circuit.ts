import type { Body } from '../../core/body.ts';
import type { Outcome } from '../../core/call-outcome.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { BreakerState } from '../../core/ports/meter.ts';
import { Admission } from './admission.ts';
import { CallWindow, type Counts, type WindowPolicy } from './call-window.ts';
import { type OpenTimes, openMs } from './open-time.ts';
import { Refusals } from './refusals.ts';

export interface BreakerPolicy extends WindowPolicy, OpenTimes {
  /** Call sites with the same name share one circuit. */
  readonly name: string | undefined;
}

/** The external dependencies of a circuit. */
export interface CircuitDependencies {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

export interface CircuitReading extends Counts {
  readonly state: BreakerState;
  /** Whether an operator forced it open. */
  readonly held: boolean;
  /** The time until a probe may run; undefined if one may run now, or if the time is unknown. */
  readonly retryMs: number | undefined;
}

/**
 * Closed, it admits calls and counts them; open, it rejects them for a time; half-open, it admits one, the probe, which
 * decides. In opossum a window outlives closing, so each closing creates a new one.
 */
export class Circuit {
  readonly #policy: BreakerPolicy;
  readonly #clock: Clock;
  readonly #chance: () => number;
  readonly #refusals: Refusals;
  readonly #watchers: ((state: BreakerState) => void)[] = [];
  #concluded: (became: 'open' | 'closed') => void = () => undefined;
  #window: CallWindow;
  #state: BreakerState = 'closed';
  #held = false;
  #openUntil = 0;
  #failedProbes = 0;
  #probe: Admission | undefined;
  #probeUntil = 0;
  /** Whether the response headers of the probe were a success and its body is still arriving. */
  #probeIsWell = false;

  /** @param who the name of the site in the error for clients while it is open. */
  constructor(who: string, policy: BreakerPolicy, { clock, chance }: CircuitDependencies) {
    this.#policy = policy;
    this.#clock = clock;
    this.#chance = chance;
    this.#refusals = new Refusals(who);
    this.#window = this.#freshWindow();
  }

  /** Whether an operator forced it open. */
  get isHeld(): boolean {
    return this.#held;
  }

  get state(): BreakerState {
    return this.#state;
  }

  get reading(): CircuitReading {
    const wait = (this.#state === 'half-open' ? this.#probeUntil : this.#openUntil) - this.#clock.now();
    const waits = this.#state !== 'closed' && !this.#held && wait > 0;
    return { ...this.#window.counts, state: this.#state, held: this.#held, retryMs: waits ? wait : undefined };
  }

  /** @param changed is called with each new state from now on. */
  watch(changed: (state: BreakerState) => void): void {
    this.#watchers.push(changed);
  }

  /** @param concluded is called when this process alone has found that the backend fails, or works again. */
  onConclusion(concluded: (became: 'open' | 'closed') => void): void {
    this.#concluded = concluded;
  }

  /**
   * Another process has come to a conclusion. It is no order: a closed circuit goes on and opens by fewer calls of its
   * own, and an open one may probe at once.
   */
  hint(became: 'open' | 'closed'): void {
    const now = this.#clock.now();
    if (became === 'closed') {
      this.#window.suspect(0);
      if (this.#state === 'open' && !this.#held) this.#openUntil = Math.min(this.#openUntil, now);
    } else if (this.#state === 'closed') this.#window.suspect(now + this.#policy.resetMs);
  }

  /** Admits a call, as the probe of a half-open circuit or normally. @throws GatewayError `breaker.open`. */
  enter(upload: Body): Admission {
    if (this.#state === 'closed') return new Admission(this.#window, this.#clock, upload);
    if (this.#held) throw this.#refusals.held;
    const now = this.#clock.now();
    if (this.#state === 'open' && now >= this.#openUntil) this.#become('half-open');
    const until = this.#state === 'open' ? this.#openUntil : this.#probeUntil;
    if (now < until) throw this.#refusals.withTimeLeft(until - now);
    if (this.#probeIsWell) {
      // The body is still arriving, but a long one is no reason to stay half-open.
      this.close();
      return this.enter(upload);
    }
    // A probe that never ends (a call without a deadline) is replaced after one reset time.
    this.#probeUntil = now + this.#policy.resetMs;
    this.#probe = new Admission(this.#window, this.#clock, upload);
    return this.#probe;
  }

  #paceOf(call: Admission): 'slow' | 'timely' {
    const { slow } = this.#policy;
    return slow !== undefined && call.arrived() > slow.headersMs ? 'slow' : 'timely';
  }

  /** Whether a call other than the probe counts: those from before a circuit opened do not. */
  #counts(call: Admission): boolean {
    return this.#state === 'closed' && call.window === this.#window;
  }

  /** Records the outcome of an admitted call. */
  report(call: Admission, outcome: Outcome): void {
    const pace = this.#paceOf(call);
    if (call === this.#probe) this.#probed(pace === 'slow' && outcome === 'succeeded' ? 'failed' : outcome);
    else if (this.#counts(call) && outcome !== 'ignored') call.counted = this.#window.count(outcome, pace);
  }

  /**
   * Records the outcome at the response headers while the body is still arriving. A successful probe is judged at its
   * end.
   */
  reportHead(call: Admission, outcome: Outcome): void {
    const isWell = outcome === 'succeeded' && this.#paceOf(call) === 'timely';
    if (call === this.#probe && isWell) this.#probeIsWell = true;
    else this.report(call, outcome);
  }

  /** Records the end of that body. A call counts once; one with a truncated body is no success. */
  reportEnd(call: Admission, outcome: Outcome): void {
    if (call === this.#probe) this.#probed(outcome);
    else if (outcome === 'failed' && call.counted !== undefined && this.#counts(call)) {
      this.#window.recount(call.counted);
      call.counted = undefined;
    }
  }

  /** Forces it open until `close`. */
  hold(): void {
    this.#held = true;
    this.#forgetProbe();
    this.#window.end();
    this.#become('open');
  }

  /** Closes it, whatever opened it, and resets its counts. */
  close(): void {
    this.#held = false;
    this.#forgetProbe();
    this.#failedProbes = 0;
    this.#window.end();
    this.#window = this.#freshWindow();
    this.#become('closed');
  }

  #probed(outcome: Outcome): void {
    this.#forgetProbe();
    this.#probeUntil = 0;
    if (outcome === 'succeeded') {
      this.close();
      this.#concluded('closed');
    }
    // An ignored probe is inconclusive, so the next call may probe at once.
    if (outcome !== 'failed') return;
    this.#failedProbes += 1;
    this.#open();
  }

  #forgetProbe(): void {
    this.#probe = undefined;
    this.#probeIsWell = false;
  }

  #open(): void {
    this.#openUntil = this.#clock.now() + openMs(this.#policy, this.#failedProbes, this.#chance);
    this.#become('open');
  }

  #become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const changed of this.#watchers) changed(state);
  }

  #freshWindow(): CallWindow {
    const window = new CallWindow(this.#policy, this.#clock, () => {
      this.#open();
      // What a hint has contributed to is no reason for another one.
      if (!window.isSuspect) this.#concluded('open');
    });
    return window;
  }
}
