import type { Body } from '../../../src/core/body.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import type { Handler } from '../../../src/core/handler.ts';
import type { BreakerState } from '../../../src/core/ports/meter.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { type BreakerPolicy, Circuit } from '../../../src/policies/breaker/circuit.ts';
import { breaker } from '../../../src/policies/breaker/stage.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, textReply } from '../../support/exchange.ts';

export const POLICY: BreakerPolicy = {
  name: undefined,
  errorPercent: 50,
  slow: undefined,
  minRequests: 5,
  windowMs: 10_000,
  resetMs: 5_000,
  maxResetTimeoutMs: 60_000,
};

/** The middle of every jitter interval. */
const NO_JITTER = () => 0.5;

/** A circuit in front of a response that the test chooses, on a clock that the test controls. */
export function breakerBench(changes: Partial<BreakerPolicy> = {}, chance: () => number = NO_JITTER) {
  const clock = new FakeClock();
  const states: BreakerState[] = [];
  const circuit = new Circuit('catalog', { ...POLICY, ...changes }, { clock, chance });
  circuit.watch(state => states.push(state));
  const made = { clock, states, circuit, calls: 0, refused: 0, response: (() => textReply('ok')) as Handler };
  const count = () => {
    made.refused++;
  };
  const handler = breaker(
    circuit,
    count,
  )(x => {
    made.calls++;
    return made.response(x);
  });
  /** One call, and time for opossum to record its outcome. */
  const ask = async (body?: Body): Promise<Reply | GatewayError> => {
    try {
      return await handler(exchange(body === undefined ? {} : { body }));
    } catch (failure) {
      return failure as GatewayError;
    } finally {
      await new Promise(setImmediate);
    }
  };
  const repeat = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await ask();
  };
  return { made, ask, repeat };
}

export const well: Handler = () => textReply('well again');
export const failing: Handler = () => textReply('broken', {}, 500);

export function throwing(code: 'client.gone' | 'limit.shed' | 'upstream.reset'): Handler {
  return () => {
    throw new GatewayError(code, code);
  };
}

/** In whole seconds, as a client reads it; undefined without the header. */
export function retryAfterOf(refusal: Reply | GatewayError): number | undefined {
  const headers = refusal instanceof GatewayError ? (refusal.details.headers ?? []) : [];
  const at = headers.indexOf('Retry-After');
  return at < 0 ? undefined : Number(headers[at + 1]);
}
