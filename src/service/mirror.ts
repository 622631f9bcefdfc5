import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import type { Service } from '../config/service.ts';
import type { Body, Sink } from '../core/body.ts';
import { Cancellation } from '../core/cancellation.ts';
import type { Exchange } from '../core/exchange.ts';
import { precomputed } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
import type { Clock } from '../core/ports/clock.ts';

export interface MirrorPolicy {
  /** From 0 to 1. */
  readonly share: number;
  /** Maximum of concurrent copies. */
  readonly max: number;
  /** Time limit up to the last byte of a response. */
  readonly deadlineMs: number;
}

const OVER = precomputed('upstream.timeout', 'The copy took too long');

/** Copies of a service's calls to another service. Calls do not wait for them, and their results are dropped. */
export class MirroredCalls {
  /** The number of copies sent so far. */
  sent = 0;
  /** The number of copies dropped at the maximum. */
  dropped = 0;
  readonly #policy: MirrorPolicy;
  readonly #clock: Clock;
  readonly #chance: () => number;
  #inFlight = 0;

  /** @param chance returns a number from 0 up to 1. */
  constructor(policy: MirrorPolicy, clock: Clock, chance: () => number) {
    this.#policy = policy;
    this.#clock = clock;
    this.#chance = chance;
  }

  send(x: Exchange, call: Handler): void {
    const { share, max } = this.#policy;
    if (this.#chance() >= share) return;
    if (this.#inFlight >= max) {
      this.dropped++;
      return;
    }
    this.sent++;
    void this.#follow(x, call);
  }

  async #follow(x: Exchange, call: Handler): Promise<void> {
    // A cancellation of its own, because the copy does not end with the client.
    const cancellation = new Cancellation();
    const { deadlineMs } = this.#policy;
    const timer = this.#clock.after(deadlineMs, () => cancellation.cancel(OVER));
    timer.unref?.();
    this.#inFlight++;
    try {
      const timeouts = x.timeouts && { ...x.timeouts, deadlineAt: this.#clock.now() + deadlineMs };
      // A token is for the service that it was sent to.
      const headers = x.headers.without(CREDENTIALS);
      const { body } = await call(
        x.with({ headers, cancellation, timeouts, journal: undefined, earlyHints: undefined }),
      );
      await readAndForget(body);
    } catch {
      // The other service's own limiter, balancer and metrics record the outcome.
    } finally {
      timer.cancel();
      this.#inFlight--;
    }
  }
}

const CREDENTIALS: ReadonlySet<string> = new Set(['authorization']);

/** Copies safe requests to another service once the call itself has been sent. */
export function mirror(copies: MirroredCalls, call: Handler): Stage {
  return next => x => {
    const reply = next(x);
    if (isMirrored(x)) copies.send(x, call);
    return reply;
  };
}

// A body can be read only once, an upgrade is bidirectional, and a write would happen twice.
function isMirrored({ method, body, details }: Exchange): boolean {
  return (method === 'GET' || method === 'HEAD') && body.kind === 'none' && details.upgrade === undefined;
}

// Reads to the end, so that the connection can be reused and the other service sees an ordinary client.
async function readAndForget(body: Body): Promise<void> {
  if (body.kind === 'stream') await body.pipe(NOWHERE);
}

const NOWHERE: Sink = {
  write: () => true,
  end() {},
  onDrain() {},
  onClose() {},
};

/** The mirrored calls of a service; undefined without `mirror`. */
export function mirroredCallsOf({ options: { mirror } }: Service, clock: Clock): MirroredCalls | undefined {
  if (mirror === undefined) return undefined;
  const { share, max } = { ...DEFAULTS.mirror, ...mirror };
  const deadlineMs = durationMs(DEFAULTS.timeout.headers);
  return new MirroredCalls({ share: Number.parseFloat(share) / 100, max, deadlineMs }, clock, Math.random);
}
