import { describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../src/core/exchange.ts';
import { type FailureDetails, GatewayError } from '../../../src/core/failure.ts';
import type { Connection, Target } from '../../../src/core/ports/transport.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { TraceIds } from '../../../src/core/trace-ids.ts';
import { AttemptCounter } from '../../../src/service/retry/attempt-counter.ts';
import { RetryBudget } from '../../../src/service/retry/budget.ts';
import { LatencyHistogram } from '../../../src/service/retry/latency-histogram.ts';
import type { RetryPolicy } from '../../../src/service/retry/repeatable.ts';
import { retry } from '../../../src/service/retry/retrying-call.ts';
import { roundRobin } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers, textReply } from '../../support/exchange.ts';
import { NO_ATTEMPT_METER } from '../../support/service-reading.ts';

const SILENT: RetryPolicy = { attempts: 2, idempotencyKey: false, declared: false };

interface Sent {
  readonly target: string;
  readonly connection: Connection;
  readonly attempt: string | undefined;
}

/** A transport that fails or responds as listed; after the last entry all calls succeed. */
function bench(
  policy: RetryPolicy,
  given: (GatewayError | Reply | Promise<Reply>)[],
  origins = ['http://a', 'http://b', 'http://c'],
) {
  const clock = new FakeClock();
  const sent: Sent[] = [];
  const targets: Target[] = origins.map(origin => ({ origin, base: '' }));
  const transport = {
    send(x: Exchange, target: Target, connection: Connection): Promise<Reply> {
      sent.push({ target: target.origin, connection, attempt: x.headers.get('x-request-attempt') });
      const next = given.shift() ?? textReply('ok');
      return next instanceof GatewayError ? Promise.reject(next) : Promise.resolve(next);
    },
    forget: () => undefined,
    close: () => Promise.resolve(),
  };
  const balancer = roundRobin(targets, clock);
  const budget = new RetryBudget(clock);
  const pace = new LatencyHistogram();
  const tally = new AttemptCounter();
  const handler = retry(policy, {
    service: 'catalog',
    meter: NO_ATTEMPT_METER,
    balancer,
    transport,
    clock,
    budget,
    pace,
    tally,
    traces: new TraceIds(),
    chance: () => 0,
  });
  return {
    clock,
    sent,
    budget,
    pace,
    tally,
    balancer,
    ask: (x: Exchange = exchange()) => Promise.resolve(handler(x)),
  };
}

const refused = () => new GatewayError('upstream.unreachable', 'refused', { neverSent: true });
const reset = (details: FailureDetails = {}) => new GatewayError('upstream.reset', 'reset', details);
const streamed = () =>
  exchange({ method: 'POST', body: new PushBody({ pause() {}, resume() {}, abort() {} }, undefined) });

describe('the implicit retry', () => {
  it('repeats any method on another target if no backend can have begun to process it', async () => {
    const { sent, ask } = bench(SILENT, [refused()]);
    expect((await ask(streamed())).status).toBe(200);
    expect(sent.map(({ target }) => target)).toEqual(['http://a', 'http://b']);
  });

  it('repeats a GET once that was reset before a response on a new connection', async () => {
    const { sent, ask } = bench(SILENT, [reset()]);
    expect((await ask()).status).toBe(200);
    expect(sent[1]?.connection).toBe('fresh');
  });

  it('happens only once', async () => {
    await expect(bench(SILENT, [reset(), reset()]).ask()).rejects.toMatchObject({ code: 'upstream.reset' });
    await expect(bench(SILENT, [refused(), refused()]).ask()).rejects.toMatchObject({ code: 'upstream.unreachable' });
  });

  it('does not repeat a POST that may have been executed', async () => {
    const { sent, ask } = bench(SILENT, [reset()]);
    await expect(ask(exchange({ method: 'POST' }))).rejects.toMatchObject({ code: 'upstream.reset' });
    expect(sent).toHaveLength(1);
  });

  it('is off if the team switched retries off', async () => {
    const { sent, ask } = bench({ ...SILENT, attempts: 1 }, [refused()]);
    await expect(ask()).rejects.toMatchObject({ code: 'upstream.unreachable' });
    expect(sent).toHaveLength(1);
  });
});

describe('a target', () => {
  it.each([
    [503, 'backing_off'],
    [502, 'backing_off'],
    [429, undefined],
  ] as const)(
    'that responds %i with Retry-After is then %s, since a 429 is about one client’s quota',
    async (status, aside) => {
      const { balancer, ask } = bench(SILENT, [textReply('later', { 'Retry-After': '20' }, status)]);
      expect((await ask()).status).toBe(status);
      expect(balancer.targets()[0]?.aside).toBe(aside);
    },
  );

  it('does not count as slow because a client sends slowly', async () => {
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const { clock, balancer, ask } = bench(SILENT, [promise], ['http://a']);
    const response = ask(exchange({ method: 'POST', body }));
    clock.advance(9_000);
    body.finish();
    resolve(textReply('ok'));
    expect((await response).status).toBe(200);
    expect(balancer.targets()[0]?.costMs).toBeLessThan(10);
  });
});

describe('a declared retry', () => {
  const THREE: RetryPolicy = { attempts: 3, idempotencyKey: false, declared: true };

  it.each([502, 503, 504])('respects the Retry-After of a %i', async status => {
    const said = textReply('later', { 'Retry-After': '2' }, status);
    const alone = bench(THREE, [said], ['http://a']);
    expect((await alone.ask()).status).toBe(status);
    expect(alone.sent).toHaveLength(1);
    const two = bench(THREE, [said]);
    expect((await two.ask()).status).toBe(200);
    expect(two.sent.map(({ target }) => target)).toEqual(['http://a', 'http://b']);
  });

  it('may repeat at the same target at once if Retry-After allows it', async () => {
    const { sent, ask } = bench(THREE, [textReply('now', { 'Retry-After': '0' }, 503)], ['http://a']);
    expect((await ask()).status).toBe(200);
    expect(sent).toHaveLength(2);
  });

  it('repeats an idempotent request that was reset before a response, up to its attempts', async () => {
    const { clock, sent, ask } = bench(THREE, [reset(), reset()]);
    const response = ask(exchange({ method: 'PUT' }));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    clock.advance(25);
    expect((await response).status).toBe(200);
    expect(sent).toHaveLength(3);
  });

  it('repeats an unsafe method only with an idempotency key that the backend honours', async () => {
    const post = exchange({ method: 'POST', headers: headers({ 'Idempotency-Key': 'k1' }) });
    await expect(bench(THREE, [reset()]).ask(post)).rejects.toThrow();
    const { ask } = bench({ ...THREE, idempotencyKey: true }, [reset()]);
    expect((await ask(post)).status).toBe(200);
    const without = bench({ ...THREE, idempotencyKey: true }, [reset()]);
    await expect(without.ask(exchange({ method: 'POST' }))).rejects.toThrow();
  });

  it('repeats neither a started response nor a request whose body was read', async () => {
    await expect(bench(THREE, [reset({ hasResponse: true })]).ask()).rejects.toThrow();
    await expect(bench(THREE, [reset()]).ask(streamed().with({ method: 'PUT' }))).rejects.toThrow();
  });

  it('stops when the client has disconnected', async () => {
    const x = exchange();
    const { sent, ask } = bench(THREE, [reset()]);
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await expect(ask(x)).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });

  it('does not repeat after the deadline', async () => {
    const { sent, ask } = bench(THREE, [new GatewayError('upstream.timeout', 'too late')]);
    await expect(ask()).rejects.toMatchObject({ code: 'upstream.timeout' });
    expect(sent).toHaveLength(1);
  });
});

describe('a response with a retryable status', () => {
  const TWO: RetryPolicy = { attempts: 2, idempotencyKey: false, declared: true };
  const sick = (status: number, fields: Readonly<Record<string, string>> = {}) => textReply('sick', fields, status);

  it('is retried at another target if the team configured it', async () => {
    for (const status of [502, 503, 504]) {
      const { sent, ask } = bench(TWO, [sick(status)]);
      expect((await ask()).status).toBe(200);
      expect(new Set(sent.map(({ target }) => target)).size).toBe(2);
    }
  });

  it('is passed on without that option, for other statuses and for unsafe methods', async () => {
    expect((await bench(SILENT, [sick(503)]).ask()).status).toBe(503);
    for (const status of [500, 501, 505, 404, 429])
      expect((await bench(TWO, [sick(status)]).ask()).status).toBe(status);
    expect((await bench(TWO, [sick(503)]).ask(exchange({ method: 'POST' }))).status).toBe(503);
    expect((await bench(TWO, [sick(503)]).ask(streamed().with({ method: 'PUT' }))).status).toBe(503);
  });

  it('is the last one received if all attempts got one', async () => {
    const { sent, ask } = bench(TWO, [sick(502), sick(504)]);
    expect((await ask()).status).toBe(504);
    expect(sent).toHaveLength(2);
  });

  it('releases the connection of the discarded response', async () => {
    const reasons: string[] = [];
    const body = new PushBody({ pause() {}, resume() {}, abort: reason => reasons.push(reason.code) }, undefined);
    const { ask } = bench(TWO, [{ status: 503, headers: headers({}), body }]);
    expect((await ask()).status).toBe(200);
    expect(reasons).toEqual(['part.not_needed']);
  });

  it('with Retry-After is retried at another target', async () => {
    const { sent, ask } = bench(TWO, [sick(503, { 'Retry-After': '5' })]);
    expect((await ask()).status).toBe(200);
    expect(sent).toHaveLength(2);
    const alone = bench(TWO, [sick(503, { 'Retry-After': '5' })], ['http://a']);
    expect((await alone.ask()).status).toBe(503);
    expect(alone.sent).toHaveLength(1);
  });

  it('with an invalid Retry-After is treated as without one', async () => {
    const { sent, ask } = bench(TWO, [sick(503, { 'Retry-After': 'banana' })], ['http://a']);
    expect((await ask()).status).toBe(200);
    expect(sent).toHaveLength(2);
  });
});

describe('retries', () => {
  const THREE: RetryPolicy = { attempts: 3, idempotencyKey: false, declared: true };

  it('do not start if they cannot finish before the deadline', async () => {
    const x = exchange();
    const { clock, pace, sent, ask } = bench(THREE, [reset()]);
    for (let i = 0; i < 100; i++) pace.add(200);
    const timeouts = { connectMs: undefined, idleMs: undefined, deadlineAt: clock.now() + 150 };
    await expect(ask(x.with({ timeouts }))).rejects.toMatchObject({ code: 'upstream.reset' });
    expect(sent).toHaveLength(1);
    const enough = { ...timeouts, deadlineAt: clock.now() + 300 };
    expect((await bench(THREE, [reset()]).ask(x.with({ timeouts: enough }))).status).toBe(200);
  });

  it('stay within the budget of the service, implicit ones too', async () => {
    const { budget, sent, ask } = bench(SILENT, [refused()]);
    while (budget.take());
    await expect(ask()).rejects.toMatchObject({ code: 'upstream.unreachable' });
    expect(sent).toHaveLength(1);
  });

  it('stop when the client disconnects during the backoff', async () => {
    const x = exchange();
    const { clock, sent, ask } = bench(THREE, [reset(), reset()]);
    const response = ask(x);
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await expect(response).rejects.toMatchObject({ code: 'client.gone' });
    expect(sent).toHaveLength(2);
    expect(clock.waiting).toBe(0);
  });
});

it('send the number of the attempt to the target', async () => {
  const { sent, ask } = bench(SILENT, [refused()]);
  await ask(exchange({ headers: headers({ 'X-Request-Attempt': '9' }) }));
  expect(sent.map(({ attempt }) => attempt)).toEqual(['9', '2']);
});

it('report a truncated response as another failure of the target', async () => {
  const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
  const { tally, balancer, ask } = bench(SILENT, [{ status: 200, headers: headers({}), body }]);
  await ask();
  const inFlight = () => balancer.targets().reduce((sum, each) => sum + each.inFlight, 0);
  expect(inFlight()).toBe(1);
  body.fail(new GatewayError('upstream.reset', 'reset', { hasResponse: true }));
  expect(inFlight()).toBe(0);
  expect([...tally.findings]).toEqual([
    ['answered', 1],
    ['truncated', 1],
  ]);
});
