import { describe, expect, it } from 'vitest';
import { type BodyEnd, collect } from '../../../src/core/body.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import { tagTarget } from '../../../src/core/purge.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { exchange, headers } from '../../support/exchange.ts';

/** A backend that sends as many bytes as its client reads. */
function endless() {
  const state: { end: BodyEnd | undefined; paused: boolean } = { end: undefined, paused: false };
  const body: PushBody = new PushBody(
    {
      pause: () => {
        state.paused = true;
      },
      resume: () => {
        state.paused = false;
      },
      abort: () => {},
    },
    undefined,
  );
  body.onEnd(end => {
    state.end = end;
  });
  return { body, state };
}

const TOO_LONG = new GatewayError('upstream.too_large', 'too long');
const known = exchange({ headers: headers({ 'If-None-Match': '"v1"' }) });
const turn = () => new Promise(setImmediate);

describe('the body behind a 304', () => {
  it('is released if nobody else needs it', async () => {
    const { body, state } = endless();
    const made = cacheBench();
    made.response = () => ({ status: 200, headers: headers({ 'Cache-Control': 'no-store', ETag: '"v1"' }), body });
    expect((await made.ask(known)).status).toBe(304);
    expect(state.end).toBe('left');
  });

  it('is released once it is too large to be stored', async () => {
    const { body, state } = endless();
    const made = cacheBench({ policy: { objectLimit: 10 } });
    made.response = () => ({ status: 200, headers: headers({ 'Cache-Control': 'max-age=60', ETag: '"v1"' }), body });
    expect((await made.ask(known)).status).toBe(304);
    body.push(Buffer.alloc(20));
    await turn();
    expect(state.end).toBe('left');
  });

  it('is still stored for others', async () => {
    const { body } = endless();
    const made = cacheBench();
    made.response = () => ({ status: 200, headers: headers({ 'Cache-Control': 'max-age=60', ETag: '"v1"' }), body });
    await made.ask(known);
    body.push(Buffer.from('whole'));
    body.finish();
    await turn();
    await made.ask();
    expect(made.asked).toHaveLength(1);
  });
});

describe('a response that exceeds the object limit before it is read', () => {
  it.each([
    ['shared request', exchange()],
    ['request of one client', exchange({ headers: headers({ Range: 'bytes=0-' }) })],
  ])('reaches its client in full with one call (%s)', async (_, x) => {
    const made = cacheBench({ policy: { objectLimit: 10 } });
    made.response = () => {
      const { body } = endless();
      body.push(Buffer.from('longer than that'));
      setImmediate(() => body.finish());
      return { status: 200, headers: headers({ 'Cache-Control': 'max-age=60' }), body };
    };
    const { body } = await made.ask(x);
    expect((await collect(body, 100, () => TOO_LONG)).toString()).toBe('longer than that');
    expect(made.asked).toHaveLength(1);
  });
});

describe('a response whose storing fails at the last byte', () => {
  it('is delivered in full, and no later request waits for it', async () => {
    const { body } = endless();
    const made = cacheBench();
    made.response = () => ({ status: 200, headers: headers({ 'Cache-Control': 'max-age=60' }), body });
    const reply = await made.ask();
    body.push(Buffer.from('whole'));
    const read = collect(reply.body, 100, () => TOO_LONG);
    made.epochs.bump({ kind: 'hard', targets: [tagTarget('other')] });
    made.epochs.newest = () => {
      throw new RangeError('Array buffer allocation failed');
    };
    body.finish();
    expect((await read).toString()).toBe('whole');
    const again = endless();
    made.response = () => ({ status: 200, headers: headers({ 'Cache-Control': 'max-age=60' }), body: again.body });
    again.body.push(Buffer.from('next'));
    again.body.finish();
    expect((await collect((await made.ask()).body, 100, () => TOO_LONG)).toString()).toBe('next');
  });
});
