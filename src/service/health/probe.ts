import { type Body, collect, NO_BODY } from '../../core/body.ts';
import { Cancellation } from '../../core/cancellation.ts';
import { Exchange, NO_DETAILS } from '../../core/exchange.ts';
import { precomputed } from '../../core/failure.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target, Transport } from '../../core/ports/transport.ts';

/** Probes a target. Never rejects. */
export type Probe = (target: Target) => Promise<boolean>;

export interface ProbeOptions {
  readonly path: string;
  readonly timeoutMs: number;
  /** Whether a status passes the check. */
  isGood(status: number): boolean;
}

// The body of a health check is read up to this size, so that its connection can be reused.
const MAX_RESPONSE_BYTES = 65_536;
const TOO_LATE = precomputed('upstream.timeout', 'The health check took too long');
const TOO_LONG = precomputed('upstream.too_large', 'The response to the health check is too long');

/** Uses the service's own transport with its TLS, but not its limiter, so that a busy service can be probed. */
export function probeOver(transport: Transport, clock: Clock, { path, timeoutMs, isGood }: ProbeOptions): Probe {
  return async target => {
    const x = probeRequest(path, timeoutMs);
    const timer = clock.after(timeoutMs, () => x.cancellation.cancel(TOO_LATE));
    timer.unref?.();
    try {
      const { status, body } = await transport.send(x, target, 'any');
      await readSome(body);
      return isGood(status);
    } catch {
      return false;
    } finally {
      timer.cancel();
    }
  };
}

async function readSome(body: Body): Promise<void> {
  try {
    await collect(body, MAX_RESPONSE_BYTES, () => TOO_LONG);
  } catch (thrown) {
    // The status alone is the result.
    if (thrown !== TOO_LONG) throw thrown;
  }
}

function probeRequest(path: string, timeoutMs: number): Exchange {
  const query = path.indexOf('?');
  return new Exchange({
    id: 'health',
    method: 'GET',
    path: query < 0 ? path : path.slice(0, query),
    search: query < 0 ? '' : path.slice(query),
    params: {},
    places: [],
    headers: HEADERS,
    body: NO_BODY,
    client: undefined,
    cancellation: new Cancellation(),
    journal: undefined,
    earlyHints: undefined,
    timeouts: { connectMs: timeoutMs, idleMs: timeoutMs, deadlineAt: undefined },
    call: undefined,
    details: NO_DETAILS,
  });
}

const HEADERS = HeaderList.of({ 'User-Agent': 'portico-health-check', Accept: '*/*' });
