import { describe, expect, it } from 'vitest';
import { bytesBody } from '../../src/core/body.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { GatewayError } from '../../src/core/failure.ts';
import type { Handler } from '../../src/core/handler.ts';
import { PushBody } from '../../src/core/push-body.ts';
import type { Reply } from '../../src/core/reply.ts';
import { MirroredCalls, mirror } from '../../src/service/mirror.ts';
import { FakeClock } from '../support/clock.ts';
import { exchange, headers, textReply } from '../support/exchange.ts';

const settled = () => new Promise(resolve => setImmediate(resolve));

function bench(other: Handler = () => textReply('copy'), { share = 1, max = 10 } = {}) {
  const clock = new FakeClock();
  let drawn = 0;
  const copies = new MirroredCalls({ share, max: max, deadlineMs: 10_000 }, clock, () => (drawn++ % 10) / 10);
  const order: string[] = [];
  const requests: Exchange[] = [];
  const stage = mirror(copies, x => {
    order.push('copy');
    requests.push(x);
    return other(x);
  });
  const handler = stage(() => {
    order.push('call');
    return textReply('answer');
  });
  return { clock, copies, stage, handler, order, asked: requests };
}

describe('a mirrored service', () => {
  it('receives a copy once the call itself has been sent', async () => {
    const { handler, order, asked: requests, copies, clock } = bench();
    const x = exchange({ path: '/v2/items/7', search: '?lang=de', headers: headers({ Cookie: 'sid=1' }) });
    expect(await handler(x)).toMatchObject({ status: 200 });
    expect(order).toEqual(['call', 'copy']);
    expect(requests[0]).toMatchObject({ method: 'GET', path: '/v2/items/7', search: '?lang=de', headers: x.headers });
    await settled();
    expect([copies.sent, copies.dropped, clock.waiting]).toEqual([1, 0, 0]);
  });

  it('receives its share of the calls', async () => {
    const { handler, copies } = bench(undefined, { share: 0.3 });
    for (let i = 0; i < 100; i++) {
      await handler(exchange());
      await settled();
    }
    expect(copies.sent).toBe(30);
  });

  it.each([
    ['a write', { method: 'POST' }],
    ['a body', { body: bytesBody(Buffer.from('{}')) }],
  ])('receives no copy of %s', (_name, changes) => {
    const { handler, asked: requests } = bench();
    handler(exchange(changes));
    expect(requests).toEqual([]);
  });

  it('receives no copy of a rejected call', () => {
    const { stage, copies } = bench();
    const refused = stage(() => {
      throw new GatewayError('limit.shed', 'too many');
    });
    expect(() => refused(exchange())).toThrow('too many');
    expect(copies.sent).toBe(0);
  });

  it.each([
    [
      'throws',
      () => {
        throw new GatewayError('limit.shed', 'no');
      },
    ],
    ['rejects', () => Promise.reject(new GatewayError('upstream.reset', 'no'))],
  ] satisfies [string, Handler][])('that %s does not affect the call', async (_name, other) => {
    const { handler, clock } = bench(other);
    expect(await handler(exchange())).toMatchObject({ status: 200 });
    await settled();
    expect(clock.waiting).toBe(0);
  });

  it('has at most its maximum of copies in flight', async () => {
    const responses: ((reply: Reply) => void)[] = [];
    const { handler, copies } = bench(() => new Promise(resolve => responses.push(resolve)), { max: 2 });
    for (let i = 0; i < 5; i++) handler(exchange());
    expect([copies.sent, copies.dropped]).toEqual([2, 3]);
    responses[0]?.(textReply('late'));
    await settled();
    handler(exchange());
    expect([copies.sent, copies.dropped]).toEqual([3, 3]);
  });

  it('is aborted after its timeout, not when the client disconnects', async () => {
    const {
      handler,
      asked: requests,
      clock,
      copies,
    } = bench(x => new Promise((_, reject) => x.cancellation.onCancel(reject)), {
      max: 1,
    });
    const x = exchange();
    handler(x);
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    expect(requests[0]?.cancellation.reason).toBeUndefined();
    clock.advance(10_000);
    expect(requests[0]?.cancellation.reason).toMatchObject({ code: 'upstream.timeout' });
    await settled();
    handler(exchange());
    expect(copies.sent).toBe(2);
  });

  it('has its responses read and discarded', async () => {
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    const { handler, clock } = bench(() => ({ ...textReply(''), body }));
    handler(exchange());
    await settled();
    for (let i = 0; i < 100; i++) body.push(Buffer.alloc(65_536));
    expect(body.passed).toBe(100 * 65_536);
    body.finish();
    await settled();
    expect(clock.waiting).toBe(0);
  });
});
