import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../src/core/exchange.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import type { Balancer } from '../../../src/core/ports/balancer.ts';
import type { Target } from '../../../src/core/ports/transport.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { TraceIds } from '../../../src/core/trace-ids.ts';
import { FixedLimit } from '../../../src/service/limit/limit.ts';
import { AttemptCounter } from '../../../src/service/retry/attempt-counter.ts';
import { RetryBudget } from '../../../src/service/retry/budget.ts';
import { type HedgePolicy, hedged } from '../../../src/service/retry/hedge.ts';
import { LatencyHistogram } from '../../../src/service/retry/latency-histogram.ts';
import type { RetryPolicy } from '../../../src/service/retry/repeatable.ts';
import { roundRobin } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers, textReply } from '../../support/exchange.ts';
import { limiterWithin } from '../../support/limiter.ts';
import { NO_ATTEMPT_METER } from '../../support/service-reading.ts';

interface Sent {
  readonly x: Exchange;
  readonly target: string;
  response(reply: Reply): void;
  fail(failure: GatewayError): void;
}

function bench(policy: Partial<HedgePolicy> = {}, concurrency = 100, retries: Partial<RetryPolicy> = {}) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const transport = {
    send(x: Exchange, target: Target): Promise<Reply> {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>();
      x.cancellation.onCancel(reject);
      sent.push({ x, target: target.origin, response: resolve, fail: reject });
      return promise;
    },
    forget: () => undefined,
    close: () => Promise.resolve(),
  };
  const limiter = limiterWithin(new FixedLimit(concurrency), { clock, streams: 10 });
  const pace = new LatencyHistogram();
  const tally = new AttemptCounter();
  const balancer = roundRobin(
    ['http://a', 'http://b'].map(origin => ({ origin, base: '' })),
    clock,
  );
  const budget = new RetryBudget(clock);
  const counted = { service: 'catalog', meter: NO_ATTEMPT_METER, budget, pace, tally };
  const shared = { balancer, transport, clock, ...counted, traces: new TraceIds(), chance: () => 0 };
  const once = { attempts: 1, idempotencyKey: false, declared: false, ...retries };
  const handler = hedged({ afterMs: 50, max: 1, ...policy }, once, shared, limiter);
  return { clock, sent, limiter, pace, tally, balancer, ask: (x = exchange()) => Promise.resolve(handler(x)) };
}

const inFlight = (targets: Balancer): number[] => targets.targets().map(each => each.inFlight);

describe('a hedge', () => {
  it('calls another target when the first one is slow, and takes the first response', async () => {
    const { clock, sent, limiter, tally, balancer, ask } = bench();
    const response = ask();
    clock.advance(49);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    expect(new Set(sent.map(({ target }) => target)).size).toBe(2);
    expect(limiter.inFlight).toBe(1);
    sent[1]?.response(textReply('second'));
    expect(await response).toMatchObject({ status: 200 });
    expect(sent[0]?.x.cancellation.reason).toMatchObject({ code: 'hedge.outrun', outcome: 'ignored' });
    await vi.waitFor(() => expect(inFlight(balancer)).toEqual([0, 0]));
    expect(limiter.inFlight).toBe(0);
    expect(tally.hedges).toBe(1);
    // The cost of the slower one is at least the time it has taken so far.
    const costs = balancer.targets().map(({ target, costMs }) => [target.origin, Math.round(costMs)]);
    expect(Object.fromEntries(costs)).toMatchObject({ [sent[0]?.target ?? '']: 50 });
    expect([...tally.findings]).toEqual([
      ['answered', 1],
      ['hedge_lost', 1],
    ]);
  });

  it('is not sent if the first target responds in time, and leaves nothing behind', async () => {
    const { clock, sent, ask } = bench();
    const response = ask();
    sent[0]?.response(textReply('first'));
    await response;
    expect(clock.waiting).toBe(0);
    clock.advance(100);
    expect(sent).toHaveLength(1);
  });

  it('waits for the other call while its own response is a failure', async () => {
    const { clock, sent, ask } = bench();
    const response = ask();
    clock.advance(50);
    sent[1]?.response(textReply('sick', {}, 503));
    await Promise.resolve();
    sent[0]?.response(textReply('late but well'));
    expect(await response).toMatchObject({ status: 200 });
  });

  it('fails with the last error when both have failed', async () => {
    const { clock, sent, limiter, ask } = bench();
    const response = ask();
    clock.advance(50);
    sent[1]?.fail(new GatewayError('upstream.malformed', 'nonsense'));
    sent[0]?.fail(new GatewayError('upstream.timeout', 'late'));
    await expect(response).rejects.toMatchObject({ blame: 'upstream' });
    expect(limiter.inFlight).toBe(0);
  });

  it('is sent after the 95th percentile of response times, and not before that is known', async () => {
    const unknown = bench({ afterMs: undefined });
    void unknown.ask();
    unknown.clock.advance(5_000);
    expect(unknown.sent).toHaveLength(1);
    const known = bench({ afterMs: undefined });
    for (let i = 0; i < 100; i++) known.pace.add(20);
    void known.ask();
    known.clock.advance(19);
    expect(known.sent).toHaveLength(1);
    known.clock.advance(5);
    expect(known.sent).toHaveLength(2);
  });

  it('is sent for a limited share of the calls', async () => {
    const { clock, sent, ask } = bench({ max: 0.05 });
    for (let i = 0; i < 100; i++) {
      void ask();
      clock.advance(60);
      for (const each of sent) each.response(textReply('ok'));
      await Promise.resolve();
    }
    expect(sent.length - 100).toBeGreaterThanOrEqual(4);
    expect(sent.length - 100).toBeLessThanOrEqual(6);
  });

  it('is not sent while the service has no spare capacity', () => {
    const { clock, limiter, sent, ask } = bench({}, 4);
    for (let i = 0; i < 3; i++) void limiter.acquire(exchange(), 'default');
    void ask();
    clock.advance(60);
    expect(sent).toHaveLength(1);
  });

  it('is sent only for safe requests without a body', () => {
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    for (const x of [exchange({ method: 'POST' }), exchange({ body })]) {
      const { clock, sent, ask } = bench();
      void ask(x);
      clock.advance(60);
      expect(sent).toHaveLength(1);
    }
  });

  it('returns its permit at the response headers, so that the call has a permit of its own', async () => {
    const { clock, sent, limiter, ask } = bench();
    const response = ask();
    clock.advance(50);
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    sent[1]?.response({ status: 200, headers: headers({ 'Content-Type': 'text/event-stream' }), body });
    expect(await response).toMatchObject({ body });
    expect(limiter.inFlight).toBe(0);
  });

  it('stays within the number of attempts, whichever of the two fails', async () => {
    const { clock, sent, ask } = bench({}, 100, { attempts: 3, declared: true });
    const response = ask();
    clock.advance(50);
    for (const each of sent) each.fail(new GatewayError('upstream.reset', 'reset'));
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    clock.advance(250);
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(2));
    for (const each of sent) each.response(textReply('ok'));
    expect(await response).toMatchObject({ status: 200 });
    expect(sent.map(({ x }) => x.headers.get('x-request-attempt'))).toEqual([undefined, '2', '3']);
  });

  it('counts as an attempt', async () => {
    const { clock, sent, ask } = bench({ afterMs: 100 }, 100, { attempts: 2, declared: true });
    const response = ask();
    sent[0]?.fail(new GatewayError('upstream.reset', 'reset'));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    clock.advance(200);
    expect(sent).toHaveLength(2);
    sent[1]?.response(textReply('ok'));
    expect(await response).toMatchObject({ status: 200 });
  });

  it('ends with its client', async () => {
    const { clock, sent, limiter, balancer, ask } = bench();
    const x = exchange();
    const response = ask(x);
    clock.advance(50);
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await expect(response).rejects.toMatchObject({ code: 'client.gone' });
    expect(sent.map(each => each.x.cancellation.reason?.code)).toEqual(['client.gone', 'client.gone']);
    expect(limiter.inFlight).toBe(0);
    expect(inFlight(balancer)).toEqual([0, 0]);
  });
});
