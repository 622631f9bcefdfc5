import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import { precomputed } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';

export interface WindowPolicy {
  readonly errorPercent: number;
  readonly minRequests: number;
  readonly windowMs: number;
  readonly slow: SlowRule | undefined;
}

interface SlowRule {
  /** The time to response headers above which a call is slow. */
  readonly headersMs: number;
  /** The share of slow calls that opens the circuit. */
  readonly percent: number;
}

/** The counts of a window. */
export interface Counts {
  readonly failed: number;
  /** Undefined without a slow call duration. */
  readonly slow: number | undefined;
  readonly total: number;
}

/** The bucket of a window in which a call was counted; it belongs to opossum, which sums the buckets at each read. */
export interface CountedCall {
  fires: number;
  successes: number;
}

type Counter = CircuitBreaker<[CallVerdict], void>;
type CallVerdict = 'well' | 'badly';

const BUCKETS = 10;

/** The share of `minRequests` that is enough while another process has seen the same backend fail, and the least. */
const SUSPECT_SHARE = 4;
const SUSPECT_MIN = 3;

/**
 * Counts the calls of the latest period with opossum. It receives outcomes and no calls, because it has no neutral
 * outcome, and 20 calls without evidence would keep 19 failures from opening it. One counter counts failures, another
 * slow calls.
 */
export class CallWindow {
  readonly #policy: WindowPolicy;
  readonly #clock: Clock;
  // The window rotates when a call is counted, on the gateway's clock, because opossum's own interval would be a timer
  // per circuit.
  readonly #rotation = new EventEmitter();
  #rotatedAt: number;
  readonly #failures: Counter;
  readonly #slowness: Counter | undefined;
  readonly #tooMany: () => void;
  #isEnded = false;
  #suspectUntil = 0;

  /** @param tooMany is called once, when too many calls failed or were slow. */
  constructor(policy: WindowPolicy, clock: Clock, tooMany: () => void) {
    this.#policy = policy;
    this.#clock = clock;
    this.#rotatedAt = clock.now();
    const full = () => {
      this.end();
      tooMany();
    };
    this.#tooMany = full;
    this.#failures = this.#counter(policy.errorPercent, full);
    this.#slowness = policy.slow && this.#counter(policy.slow.percent, full);
  }

  /** @returns where a success was counted, in case its body fails later. */
  count(outcome: 'succeeded' | 'failed', pace: 'slow' | 'timely'): CountedCall | undefined {
    this.#rotate();
    const recorded = tell(this.#failures, outcome === 'failed' ? 'badly' : 'well');
    if (this.#slowness !== undefined) tell(this.#slowness, pace === 'slow' ? 'badly' : 'well');
    if (this.#suspectUntil > 0) void recorded.then(() => this.#judgeSuspect());
    return outcome === 'succeeded' ? this.#failures.status.window[0] : undefined;
  }

  /** Converts a success into a failure; it stays one call. */
  recount(counted: CountedCall): void {
    this.#rotate();
    counted.fires--;
    counted.successes--;
    tell(this.#failures, 'badly');
  }

  get counts(): Counts {
    this.#rotate();
    const { failures, fires } = this.#failures.stats;
    return { failed: failures, slow: this.#slowness?.stats.failures, total: fires };
  }

  /** Until that time fewer calls are enough; the share of failed or slow ones stays the same. */
  suspect(until: number): void {
    this.#suspectUntil = until;
  }

  get isSuspect(): boolean {
    return this.#suspectUntil > this.#clock.now();
  }

  #judgeSuspect(): void {
    if (this.#isEnded || !this.isSuspect) return;
    const { errorPercent, slow } = this.#policy;
    if (this.#isBad(this.#failures, errorPercent) || (slow && this.#isBad(this.#slowness, slow.percent)))
      this.#tooMany();
  }

  #isBad(counter: Counter | undefined, percent: number): boolean {
    const { failures = 0, fires = 0 } = counter?.stats ?? {};
    const enough = Math.max(SUSPECT_MIN, Math.ceil(this.#policy.minRequests / SUSPECT_SHARE));
    return fires >= enough && failures * 100 >= percent * fires;
  }

  /** Stops counting and keeps the counts. */
  end(): void {
    this.#isEnded = true;
    this.#failures.shutdown();
    this.#slowness?.shutdown();
  }

  #rotate(): void {
    const bucketMs = this.#policy.windowMs / BUCKETS;
    const turns = Math.floor((this.#clock.now() - this.#rotatedAt) / bucketMs);
    for (let i = 0; i < Math.min(turns, BUCKETS); i++) this.#rotation.emit('rotate');
    this.#rotatedAt += turns * bucketMs;
  }

  #counter(percent: number, tooMany: () => void): Counter {
    const { minRequests, windowMs } = this.#policy;
    const counter: Counter = new CircuitBreaker(judge, {
      timeout: false,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.#rotation,
      // opossum opens above the threshold, which would never happen for 100 %.
      errorThresholdPercentage: percent - 1e-9,
      volumeThreshold: minRequests,
      rollingCountTimeout: windowMs,
      rollingCountBuckets: BUCKETS,
    });
    counter.once('open', tooMany);
    return counter;
  }
}

/** Resolves when it is counted. */
function tell(counter: Counter, verdict: CallVerdict): Promise<void> {
  return counter.fire(verdict).catch(() => {});
}

const WELL = Promise.resolve();
const BADLY = precomputed('upstream.status', 'A call went badly');

function judge(verdict: CallVerdict): Promise<void> {
  return verdict === 'well' ? WELL : Promise.reject(BADLY);
}
