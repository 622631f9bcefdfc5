import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/core/failure.ts';
import type { Handler } from '../../../src/core/handler.ts';
import type { Limiter, Permit, Sample } from '../../../src/core/ports/limiter.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { FixedLimit } from '../../../src/service/limit/limit.ts';
import { limit } from '../../../src/service/limit/stage.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers, textReply } from '../../support/exchange.ts';
import { limiterWithin } from '../../support/limiter.ts';
import { NONE } from '../../support/service-reading.ts';

function streaming(longLived = false): { reply: Reply; body: PushBody } {
  const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
  return { reply: { status: 200, headers: headers({}), body, longLived }, body };
}

function bench(next: Handler, concurrency = 1) {
  const clock = new FakeClock();
  const limiter = limiterWithin(new FixedLimit(concurrency), { clock, streams: 2 });
  return { clock, limiter, ask: () => limit(limiter, clock, 'default')(next)(exchange()) };
}

describe('a permit', () => {
  it('is returned when the call throws, rejects or responds at once', async () => {
    for (const next of [
      () => {
        throw new GatewayError('upstream.reset', 'reset');
      },
      () => Promise.reject(new GatewayError('upstream.reset', 'reset')),
      () => textReply('ok'),
    ]) {
      const { limiter, ask } = bench(next);
      await Promise.resolve()
        .then(ask)
        .catch(() => {});
      expect(limiter.inFlight).toBe(0);
    }
  });

  it('is held until the body is complete, truncated or released', async () => {
    const ends: ((body: PushBody) => void)[] = [
      body => body.finish(),
      body => body.fail(new GatewayError('upstream.reset', 'reset')),
      body => body.cancel(new GatewayError('client.gone', 'left')),
    ];
    for (const end of ends) {
      const { reply, body } = streaming();
      const { limiter, ask } = bench(() => reply);
      await ask();
      expect(limiter.inFlight).toBe(1);
      end(body);
      expect(limiter.inFlight).toBe(0);
    }
  });

  it('is no longer counted as a call for an event stream or a slow response', async () => {
    const events = bench(() => streaming(true).reply);
    await events.ask();
    expect(events.limiter).toMatchObject({ inFlight: 0, streams: 1 });
    const { reply, body } = streaming();
    const slow = bench(() => reply);
    await slow.ask();
    slow.clock.advance(1_000);
    expect(slow.limiter).toMatchObject({ inFlight: 0, streams: 1 });
    body.finish();
    expect(slow.limiter).toMatchObject({ inFlight: 0, streams: 0 });
    expect(slow.clock.waiting).toBe(0);
  });

  it('reports the backend’s time from the end of the upload on', async () => {
    const clock = new FakeClock();
    const upload = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    const samples: Sample[] = [];
    const permit: Permit = { settle: sample => void samples.push(sample), stream() {}, release() {} };
    const { limiter } = bench(() => textReply('ok'));
    limiter.acquire = () => permit;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const response = limit(limiter, clock, 'default')(() => promise)(exchange({ method: 'POST', body: upload }));
    clock.advance(9_000);
    upload.finish();
    clock.advance(20);
    resolve(textReply('ok'));
    await response;
    expect(samples).toMatchObject([{ headersMs: 20 }]);
  });

  it('reports the outcome and signs of overload', async () => {
    const responses: [Handler, boolean][] = [
      [() => textReply('ok'), false],
      [() => ({ ...textReply('later'), status: 503 }), true],
      [() => ({ ...textReply('slower'), status: 429 }), true],
      [() => ({ ...textReply('broken'), status: 500 }), false],
      [() => Promise.reject(new GatewayError('upstream.timeout', 'late')), true],
      [() => Promise.reject(new GatewayError('upstream.connect_timeout', 'later')), true],
      [() => Promise.reject(new GatewayError('upstream.unreachable', 'refused')), true],
      [() => Promise.reject(new GatewayError('upstream.reset', 'reset')), false],
    ];
    for (const [next, overloaded] of responses) {
      const clock = new FakeClock();
      const samples: Sample[] = [];
      const permit: Permit = { settle: sample => samples.push(sample), stream() {}, release() {} };
      const limiter: Limiter = {
        acquire: () => permit,
        release: () => undefined,
        serves() {},
        inFlight: 0,
        streams: 0,
        waiting: 0,
        limit: 1,
        mode: 'open',
        learned: undefined,
        shed: { critical: NONE, default: NONE, prefetch: NONE, bulk: NONE },
      };
      const slow: Handler = x => {
        clock.advance(7);
        return next(x);
      };
      await Promise.resolve(limit(limiter, clock, 'default')(slow)(exchange())).catch(() => {});
      expect(samples).toEqual([{ headersMs: 7, at: clock.now(), finding: expect.objectContaining({ overloaded }) }]);
    }
  });
});
