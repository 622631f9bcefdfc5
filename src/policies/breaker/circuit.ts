import type { Body } from '../../core/body.ts';
import type { Outcome } from '../../core/call-outcome.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { BreakerState } from '../../core/ports/meter.ts';
import { Admission } from './admission.ts';
import { CallWindow, type Counts, type WindowPolicy } from './call-window.ts';
import { type OpenTimes, openMs } from './open-time.ts';
import { Refusals } from './refusals.ts';

export interface BreakerPolicy extends WindowPolicy, OpenTimes {
  /** Call sites of one name share one circuit. */
  readonly name: string | undefined;
}

/** What a circuit needs from outside. */
export interface CircuitDependencies {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

export interface CircuitReading extends Counts {
  readonly state: BreakerState;
  /** Whether an operator holds it open. */
  readonly held: boolean;
  /** Until a probe may run; undefined where one may run now, or where the time is not known. */
  readonly retryMs: number | undefined;
}

/**
 * Closed, it lets calls through and counts them; open, it keeps them away for a time; half-open, it lets one through,
 * the probe, which decides. A window outlives closing in opossum, so each closing begins with a fresh one.
 */
export class Circuit {
  readonly #policy: BreakerPolicy;
  readonly #clock: Clock;
  readonly #chance: () => number;
  readonly #refusals: Refusals;
  readonly #watchers: ((state: BreakerState) => void)[] = [];
  #window: CallWindow;
  #state: BreakerState = 'closed';
  #held = false;
  #openUntil = 0;
  #failedProbes = 0;
  #probe: Admission | undefined;
  #probeUntil = 0;
  /** Whether the head of the probe's response was well, and its body still comes. */
  #probeIsWell = false;

  /** @param who the name of the site in the failure that clients get while it is open. */
  constructor(who: string, policy: BreakerPolicy, { clock, chance }: CircuitDependencies) {
    this.#policy = policy;
    this.#clock = clock;
    this.#chance = chance;
    this.#refusals = new Refusals(who);
    this.#window = this.#freshWindow();
  }

  get state(): BreakerState {
    return this.#state;
  }

  get reading(): CircuitReading {
    const wait = (this.#state === 'half-open' ? this.#probeUntil : this.#openUntil) - this.#clock.now();
    const waits = this.#state !== 'closed' && !this.#held && wait > 0;
    return { ...this.#window.counts, state: this.#state, held: this.#held, retryMs: waits ? wait : undefined };
  }

  /** @param changed is called with every state that it enters from now on. */
  watch(changed: (state: BreakerState) => void): void {
    this.#watchers.push(changed);
  }

  /**
   * Lets a call through, as the probe of a half-open circuit or in the ordinary way. @throws GatewayError
   * `breaker.open`.
   */
  enter(upload: Body): Admission {
    if (this.#state === 'closed') return new Admission(this.#window, this.#clock, upload);
    if (this.#held) throw this.#refusals.held;
    const now = this.#clock.now();
    if (this.#state === 'open' && now >= this.#openUntil) this.#become('half-open');
    const until = this.#state === 'open' ? this.#openUntil : this.#probeUntil;
    if (now < until) throw this.#refusals.withTimeLeft(until - now);
    if (this.#probeIsWell) {
      // Its body still comes: a long one is no reason to stay half-open.
      this.close();
      return this.enter(upload);
    }
    // A probe that never comes back (a call without a deadline) makes room for another after one reset time.
    this.#probeUntil = now + this.#policy.resetMs;
    this.#probe = new Admission(this.#window, this.#clock, upload);
    return this.#probe;
  }

  #paceOf(call: Admission): 'slow' | 'timely' {
    const { slow } = this.#policy;
    return slow !== undefined && call.arrived() > slow.headersMs ? 'slow' : 'timely';
  }

  /** Whether a call that is no probe counts: what began before a circuit opened says nothing afterwards. */
  #counts(call: Admission): boolean {
    return this.#state === 'closed' && call.window === this.#window;
  }

  /** The outcome of an admitted call, as far as its head shows. */
  report(call: Admission, outcome: Outcome): void {
    const pace = this.#paceOf(call);
    if (call === this.#probe) this.#probed(pace === 'slow' && outcome === 'succeeded' ? 'failed' : outcome);
    else if (this.#counts(call) && outcome !== 'ignored') call.counted = this.#window.count(outcome, pace);
  }

  /** The same of a response whose body still comes. A probe that went well so far is judged at its end. */
  reportHead(call: Admission, outcome: Outcome): void {
    const isWell = outcome === 'succeeded' && this.#paceOf(call) === 'timely';
    if (call === this.#probe && isWell) this.#probeIsWell = true;
    else this.report(call, outcome);
  }

  /** That body has ended. A call counts once: one whose body breaks off was no success. */
  reportEnd(call: Admission, outcome: Outcome): void {
    if (call === this.#probe) this.#probed(outcome);
    else if (outcome === 'failed' && call.counted !== undefined && this.#counts(call)) {
      this.#window.recount(call.counted);
      call.counted = undefined;
    }
  }

  /** Keeps it open until `close`. */
  hold(): void {
    this.#held = true;
    this.#forgetProbe();
    this.#window.end();
    this.#become('open');
  }

  /** Closes it, whatever opened it, and drops its counts. */
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
    if (outcome === 'succeeded') this.close();
    // An ignored probe has shown nothing: the next call may try at once.
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
    return new CallWindow(this.#policy, this.#clock, () => this.#open());
  }
}
