import { describe, expect, it } from 'vitest';
import type { BodyEnd } from '../../../src/core/body.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { exchange, headers } from '../../support/exchange.ts';

/** A backend that gives as many bytes as anybody takes. */
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

const known = exchange({ headers: headers({ 'If-None-Match': '"v1"' }) });
const turn = () => new Promise(setImmediate);

describe('the body of an answer of which a client is told that it has it', () => {
  it('is let go of where it is for nobody else', async () => {
    const { body, state } = endless();
    const made = cacheBench();
    made.answer = () => ({ status: 200, headers: headers({ 'Cache-Control': 'no-store', ETag: '"v1"' }), body });
    expect((await made.ask(known)).status).toBe(304);
    expect(state.end).toBe('left');
  });

  it('is let go of once it is too long to be stored', async () => {
    const { body, state } = endless();
    const made = cacheBench({ policy: { objectLimit: 10 } });
    made.answer = () => ({ status: 200, headers: headers({ 'Cache-Control': 'max-age=60', ETag: '"v1"' }), body });
    expect((await made.ask(known)).status).toBe(304);
    body.push(Buffer.alloc(20));
    await turn();
    expect(state.end).toBe('left');
  });

  it('is still stored for others', async () => {
    const { body } = endless();
    const made = cacheBench();
    made.answer = () => ({ status: 200, headers: headers({ 'Cache-Control': 'max-age=60', ETag: '"v1"' }), body });
    await made.ask(known);
    body.push(Buffer.from('whole'));
    body.finish();
    await turn();
    await made.ask();
    expect(made.asked).toHaveLength(1);
  });
});
