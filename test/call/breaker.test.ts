import { describe, expect, it } from 'vitest';
import { breaker, Circuit } from '../../src/call/breaker.ts';
import { GatewayError } from '../../src/core/failure.ts';
import type { Handler } from '../../src/core/handler.ts';
import type { BreakerState } from '../../src/core/ports/meter.ts';
import type { Reply } from '../../src/core/reply.ts';
import { FakeClock } from '../support/clock.ts';
import { exchange, textReply } from '../support/exchange.ts';

const POLICY = { errorPercent: 50, minRequests: 5, windowMs: 10_000, resetMs: 5_000 };

function bench() {
  const clock = new FakeClock();
  const states: BreakerState[] = [];
  const circuit = new Circuit('catalog', POLICY, clock, state => states.push(state));
  const made = { clock, states, circuit, calls: 0, answer: (() => textReply('ok')) as Handler };
  const handler = breaker(circuit)(x => {
    made.calls++;
    return made.answer(x);
  });
  /** One call, and time for opossum to hear of it. */
  const ask = async (): Promise<Reply | GatewayError> => {
    try {
      return await handler(exchange());
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

const failing: Handler = () => textReply('broken', {}, 500);
const throwing = (code: 'client.gone' | 'limit.shed' | 'upstream.reset'): Handler => {
  return () => {
    throw new GatewayError(code, code);
  };
};

describe('a circuit', () => {
  it('opens on the rate of failures, not before the window holds enough calls', async () => {
    const { made, repeat, ask } = bench();
    made.answer = failing;
    await repeat(4);
    expect(made.circuit.state).toBe('closed');
    await repeat(1);
    expect(made.circuit.state).toBe('open');
    expect(await ask()).toMatchObject({ code: 'breaker.open', status: 503 });
    expect(made.calls).toBe(5);
  });

  it('opens at the rate that was written, not only above it', async () => {
    const { made, repeat } = bench();
    await repeat(3);
    made.answer = throwing('upstream.reset');
    await repeat(3);
    expect(made.circuit.state).toBe('open');
  });

  it('is moved neither way by what says nothing about the backend', async () => {
    const { made, repeat } = bench();
    made.answer = throwing('client.gone');
    await repeat(20);
    expect(made.circuit.state).toBe('closed');
    made.answer = throwing('upstream.reset');
    await repeat(5);
    expect(made.circuit.state).toBe('open');
  });

  it('forgets failures that have left the window', async () => {
    const { made, repeat } = bench();
    made.answer = failing;
    await repeat(4);
    made.clock.advance(11_000);
    await repeat(4);
    expect(made.circuit.state).toBe('closed');
  });

  it('lets one probe through after the reset, and closes when it succeeds', async () => {
    const { made, repeat, ask } = bench();
    made.answer = failing;
    await repeat(5);
    made.clock.advance(5_000);
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.answer = () => promise;
    const probe = ask();
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    resolve(textReply('well again'));
    await probe;
    expect(made.circuit.state).toBe('closed');
    expect(made.states).toEqual(['open', 'half-open', 'closed']);
  });

  it('begins with an empty window after it has closed', async () => {
    const { made, repeat } = bench();
    made.answer = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.answer = () => textReply('well again');
    await repeat(1);
    made.answer = failing;
    await repeat(1);
    expect(made.circuit.state).toBe('closed');
  });

  it('opens again when the probe fails, and probes again when it told nothing', async () => {
    const { made, repeat, ask } = bench();
    made.answer = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.answer = throwing('client.gone');
    await ask();
    expect(made.circuit.state).toBe('half-open');
    made.answer = failing;
    await ask();
    expect(made.circuit.state).toBe('open');
    const calls = made.calls;
    await ask();
    expect(made.calls).toBe(calls);
  });

  it('tells its state to whoever looks, on a refusal too', async () => {
    const { made, repeat } = bench();
    made.answer = failing;
    await repeat(5);
    const notes: string[] = [];
    const journal = { note: (_key: string, value: string) => notes.push(value), child: () => journal, end: () => {} };
    expect(() => breaker(made.circuit)(failing)(exchange({ journal }))).toThrow();
    expect(notes).toEqual(['open']);
  });

  it('does not wait for ever for a probe that never comes back', async () => {
    const { made, repeat, ask } = bench();
    made.answer = failing;
    await repeat(5);
    made.clock.advance(5_000);
    made.answer = () => new Promise(() => {});
    void ask();
    made.answer = () => textReply('well again');
    expect(await ask()).toMatchObject({ code: 'breaker.open' });
    made.clock.advance(5_000);
    expect(await ask()).toMatchObject({ status: 200 });
    expect(made.circuit.state).toBe('closed');
  });

  it('does not share anything with another circuit of the same policy', async () => {
    const one = bench();
    const other = bench();
    one.made.answer = failing;
    await one.repeat(5);
    expect(other.made.circuit.state).toBe('closed');
    expect(await other.ask()).toMatchObject({ status: 200 });
  });
});
