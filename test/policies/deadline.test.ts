import { describe, expect, it } from 'vitest';
import { abortable } from '../../src/core/abortable.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { GatewayError } from '../../src/core/failure.ts';
import type { Handler } from '../../src/core/handler.ts';
import { PushBody } from '../../src/core/push-body.ts';
import type { Reply } from '../../src/core/reply.ts';
import { type Deadlines, deadline } from '../../src/policies/deadline.ts';
import { FakeClock } from '../support/clock.ts';
import { exchange, headers, textReply } from '../support/exchange.ts';

const LIMITS: Deadlines = { connectMs: 100, headersMs: 800, idleMs: 30_000, totalMs: undefined };
/** A handler that settles only when it is aborted, like every transport. */
const never: Handler = x => new Promise((_resolve, reject) => x.cancellation.onCancel(reject));

function streaming(longLived = false): { reply: Reply; body: PushBody } {
  const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
  return { reply: { status: 200, headers: headers({}), body, longLived }, body };
}

/** A call whose client is still sending its body. @param takes whether the backend reads the body. */
function uploading(limits: Deadlines, takes = true) {
  const clock = new FakeClock();
  const upload = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
  const x = exchange({ body: upload });
  const reading: Handler = call => {
    if (call.body.kind === 'stream') void call.body.pipe({ write: () => takes, end() {}, onDrain() {}, onClose() {} });
    return never(call);
  };
  let failure: unknown;
  Promise.resolve(deadline(limits, clock, 'catalog')(reading)(x)).catch(error => {
    failure = error;
  });
  const failed = async () => {
    await new Promise(resolve => setImmediate(resolve));
    return failure;
  };
  return { clock, upload, response: x.cancellation, failed };
}

describe('a deadline', () => {
  it.each([
    ['the rest of the time of a call that has waited before', 300, 500],
    ['half of its time in any case', 700, 400],
  ])('leaves %s', async (_, waitedMs, leftMs) => {
    const clock = new FakeClock();
    const timeouts = { connectMs: undefined, idleMs: undefined, deadlineAt: undefined, startedAt: clock.now() };
    clock.advance(waitedMs);
    let seen: Exchange | undefined;
    const handler = deadline(
      { ...LIMITS, totalMs: 800 },
      clock,
      'catalog',
    )(x => {
      seen = x;
      return never(x);
    });
    const response = Promise.resolve(handler(exchange({ timeouts }))).catch(error => error);
    expect(seen?.timeouts).toMatchObject({ deadlineAt: clock.now() + leftMs });
    expect(seen?.timeouts?.startedAt).toBeUndefined();
    clock.advance(leftMs - 1);
    expect(seen?.signal.aborted).toBe(false);
    clock.advance(1);
    expect(await response).toMatchObject({ code: 'upstream.timeout' });
    expect(clock.waiting).toBe(0);
  });

  it('aborts the inner stages with its own error as the reason', async () => {
    const clock = new FakeClock();
    let seen: Exchange | undefined;
    const handler = deadline(
      LIMITS,
      clock,
      'catalog',
    )(x => {
      seen = x;
      return never(x);
    });
    const response = handler(exchange());
    const { signal } = seen as Exchange;
    clock.advance(800);
    await expect(response).rejects.toThrow();
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'upstream.timeout' });
  });

  it('starts the backend’s time at the last byte of an upload', async () => {
    const clock = new FakeClock();
    const upload = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    const reading: Handler = x => {
      if (x.body.kind === 'stream') void x.body.pipe({ write: () => true, end() {}, onDrain() {}, onClose() {} });
      return never(x);
    };
    const response = deadline(LIMITS, clock, 'catalog')(reading)(exchange({ body: upload }));
    let failed: unknown;
    Promise.resolve(response).catch(error => {
      failed = error;
    });
    for (let i = 0; i < 10; i++) {
      upload.push(Buffer.from('more'));
      clock.advance(700);
    }
    upload.finish();
    clock.advance(799);
    await Promise.resolve();
    expect(failed).toBeUndefined();
    clock.advance(1);
    await expect(response).rejects.toMatchObject({ code: 'upstream.timeout' });
    expect(clock.waiting).toBe(0);
  });

  it('does not blame the backend when a client stops in the middle of its upload', async () => {
    const { clock, upload, response, failed } = uploading(LIMITS);
    upload.push(Buffer.from('a little'));
    clock.advance(30_000);
    expect(await failed()).toBeUndefined();
    const slow = new GatewayError('request.timeout', 'The body came too slowly');
    upload.fail(slow);
    response.cancel(slow);
    expect(await failed()).toBe(slow);
    expect(clock.waiting).toBe(0);
  });

  it('blames the client when an upload uses up the total time', async () => {
    const { clock, upload, failed } = uploading({ ...LIMITS, totalMs: 2_000 });
    for (let i = 0; i < 4; i++) {
      upload.push(Buffer.from('a little'));
      clock.advance(500);
    }
    expect(await failed()).toMatchObject({ code: 'request.timeout', outcome: 'ignored' });
  });

  it('blames the backend when it stops reading the upload', async () => {
    const { clock, upload, failed } = uploading(LIMITS, false);
    upload.push(Buffer.from('more than it takes'));
    clock.advance(1_600);
    expect(await failed()).toMatchObject({ code: 'upstream.timeout' });
  });

  it('does not wait for an upload that the backend does not read', async () => {
    const clock = new FakeClock();
    const upload = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    const response = deadline(LIMITS, clock, 'catalog')(never)(exchange({ body: upload }));
    clock.advance(800);
    await expect(response).rejects.toMatchObject({ code: 'upstream.timeout' });
  });

  it('limits the time to the response headers of a stream, not its body', async () => {
    const clock = new FakeClock();
    const { reply, body } = streaming();
    await deadline(LIMITS, clock, 'catalog')(() => reply)(exchange());
    clock.advance(60_000);
    expect(body.failure).toBeUndefined();
    expect(clock.waiting).toBe(0);
  });

  it('limits the whole response with total, except for event streams', async () => {
    const clock = new FakeClock();
    const limits = { ...LIMITS, totalMs: 2_000 };
    let below: Exchange | undefined;
    const run = (reply: Reply) =>
      deadline(
        limits,
        clock,
        'catalog',
      )(x => {
        below = x;
        return reply;
      })(exchange());
    await run(streaming().reply);
    clock.advance(2_000);
    expect(below?.cancellation.reason).toMatchObject({ code: 'upstream.timeout' });
    await run(streaming(true).reply);
    clock.advance(2_000);
    expect(below?.cancellation.reason).toBeUndefined();
  });

  it('aborts the call when the client disconnects', async () => {
    const clock = new FakeClock();
    const x = exchange();
    const response = deadline(LIMITS, clock, 'catalog')(never)(x);
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await expect(response).rejects.toMatchObject({ code: 'client.gone' });
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    await deadline({ ...LIMITS, totalMs: 9_000 }, clock, 'catalog')(() => textReply('ok'))(exchange());
    expect(clock.waiting).toBe(0);
  });
});

describe('a deadline around a function that ignores its signal', () => {
  const deaf: Handler = () => new Promise(() => {});

  it('rejects in time', async () => {
    const clock = new FakeClock();
    const response = deadline(LIMITS, clock, 'the answer')(abortable(deaf))(exchange());
    clock.advance(800);
    await expect(response).rejects.toMatchObject({ code: 'upstream.timeout', status: 504 });
    expect(clock.waiting).toBe(0);
  });

  it('releases a response that arrives too late', async () => {
    const clock = new FakeClock();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const response = Promise.resolve(deadline(LIMITS, clock, 'the answer')(abortable(() => promise))(exchange()));
    clock.advance(800);
    await expect(response).rejects.toThrow();
    const { reply, body } = streaming();
    resolve(reply);
    await new Promise(setImmediate);
    expect(body.failure).toMatchObject({ code: 'upstream.timeout' });
  });

  it('passes on a result and an error that arrive in time', async () => {
    expect((await abortable(() => textReply('ok'))(exchange())).status).toBe(200);
    const thrower: Handler = () => {
      throw new GatewayError('upstream.reset', 'gone');
    };
    const rejecting: Handler = async x => thrower(x);
    // A throw and a rejection mean the same.
    expect(() => abortable(thrower)(exchange())).toThrow('gone');
    await expect(abortable(rejecting)(exchange())).rejects.toMatchObject({ code: 'upstream.reset' });
  });
});
