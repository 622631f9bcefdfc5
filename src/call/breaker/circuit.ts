import type { Body } from '../../core/body.ts';
import type { Outcome } from '../../core/outcome.ts';
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

/** What a circuit asks the world for. */
export interface Surroundings {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

export interface CircuitReading extends Counts {
  readonly state: BreakerState;
  /** Whether an operator holds it open. */
  readonly held: boolean;
  /** Until a call may try; undefined where that is now, or nobody knows. */
  readonly retryMs: number | undefined;
}

/**
 * Closed, it lets calls through and counts them; open, it keeps them away for a time; half-open, it lets one through, the probe, which
 * decides. A window outlives closing in opossum, so each closing begins with a fresh one.
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

  /** @param who is not asked while it is open, as clients are told. */
  constructor(who: string, policy: BreakerPolicy, { clock, chance }: Surroundings) {
    this.#policy = policy;
    this.#clock = clock;
    this.#chance = chance;
    this.#refusals = new Refusals(who);
    this.#window = this.freshWindow();
  }

  get state(): BreakerState {
    return this.#state;
  }

  get reading(): CircuitReading {
    const wait = (this.#state === 'half-open' ? this.#probeUntil : this.#openUntil) - this.#clock.now();
    const waits = this.#state !== 'closed' && !this.#held && wait > 0;
    return { ...this.#window.counts, state: this.#state, held: this.#held, retryMs: waits ? wait : undefined };
  }

  /** @param changed is told every state that it enters from now on. */
  watch(changed: (state: BreakerState) => void): void {
    this.#watchers.push(changed);
  }

  /** Lets a call through, as the probe of a half-open circuit or in the ordinary way. @throws GatewayError `breaker.open`. */
  enter(upload: Body): Admission {
    if (this.#state === 'closed') return new Admission(this.#window, this.#clock, upload);
    if (this.#held) throw this.#refusals.held;
    const now = this.#clock.now();
    if (this.#state === 'open' && now >= this.#openUntil) this.become('half-open');
    const until = this.#state === 'open' ? this.#openUntil : this.#probeUntil;
    if (now < until) throw this.#refusals.withTimeLeft(until - now);
    // A probe that never comes back (a call without a deadline) makes room for another after one reset time.
    this.#probeUntil = now + this.#policy.resetMs;
    this.#probe = new Admission(this.#window, this.#clock, upload);
    return this.#probe;
  }

  /** What a call that was let through came to. */
  report(call: Admission, outcome: Outcome): void {
    const { slow } = this.#policy;
    const pace = slow !== undefined && call.arrived() > slow.headMs ? 'slow' : 'timely';
    if (call === this.#probe) this.probed(pace === 'slow' && outcome === 'succeeded' ? 'failed' : outcome);
    else if (this.#state === 'closed' && call.window === this.#window && outcome !== 'ignored') {
      this.#window.count(outcome, pace);
    }
  }

  /** Keeps it open until somebody closes it. */
  hold(): void {
    this.#held = true;
    this.#probe = undefined;
    this.#window.end();
    this.become('open');
  }

  /** Closes it, whoever opened it, and forgets what was counted. */
  close(): void {
    this.#held = false;
    this.#probe = undefined;
    this.#failedProbes = 0;
    this.#window.end();
    this.#window = this.freshWindow();
    this.become('closed');
  }

  private probed(outcome: Outcome): void {
    this.#probe = undefined;
    this.#probeUntil = 0;
    if (outcome === 'succeeded') this.close();
    // An ignored probe has shown nothing: the next call may try at once.
    if (outcome !== 'failed') return;
    this.#failedProbes += 1;
    this.open();
  }

  private open(): void {
    this.#openUntil = this.#clock.now() + openMs(this.#policy, this.#failedProbes, this.#chance);
    this.become('open');
  }

  private become(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const changed of this.#watchers) changed(state);
  }

  private freshWindow(): CallWindow {
    return new CallWindow(this.#policy, this.#clock, () => this.open());
  }
}
