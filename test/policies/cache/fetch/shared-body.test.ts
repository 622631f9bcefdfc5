import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sink } from '../../../../src/core/body.ts';
import { type GatewayError, precomputed } from '../../../../src/core/failure.ts';
import { PushBody } from '../../../../src/core/push-body.ts';
import { InFlightBodyBudget } from '../../../../src/policies/cache/fetch/in-flight-body-budget.ts';
import { SharedBody } from '../../../../src/policies/cache/fetch/shared-body.ts';
import { FakeClock } from '../../../support/clock.ts';

/** A reader that takes as many chunks as the test allows. */
class SlowSink implements Sink {
  text = '';
  ended = false;
  room: number;
  #drain: () => void = () => {};
  #close: () => void = () => {};

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  write(chunk: Buffer): boolean {
    this.text += chunk.toString();
    this.room--;
    return this.room > 0;
  }

  end(last?: Buffer): void {
    if (last !== undefined) this.text += last.toString();
    this.ended = true;
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  onClose(listener: () => void): void {
    this.#close = listener;
  }

  take(more: number): void {
    this.room = more;
    this.#drain();
  }

  leave(): void {
    this.#close();
  }
}

function shared(limit = 1_000) {
  const clock = new FakeClock();
  const source = { paused: false, aborted: undefined as GatewayError | undefined };
  const body = new PushBody(
    {
      pause: () => {
        source.paused = true;
      },
      resume: () => {
        source.paused = false;
      },
      abort: reason => {
        source.aborted = reason;
      },
    },
    undefined,
  );
  const happened: string[] = [];
  const transit = new InFlightBodyBudget(1_000);
  const made = new SharedBody(body, { max: limit, bodyBudget: transit }, clock, {
    whole: bytes => happened.push(`whole ${bytes}`),
    lost: why => happened.push(why),
  });
  made.begin();
  const push = (text: string) => body.push(Buffer.from(text));
  return { clock, source, body, happened, made, push, transit };
}

describe('a body for several readers', () => {
  it('gives each of them every byte, whenever it arrived', async () => {
    const { made, push, body, happened } = shared();
    const first = new SlowSink();
    void made.attach()?.pipe(first);
    push('one ');
    const second = new SlowSink();
    const end = made.attach()?.pipe(second);
    expect([first.text, second.text]).toEqual(['one ', 'one ']);
    push('two');
    body.finish();
    expect(await end).toBe('complete');
    expect([first.text, second.text]).toEqual(['one two', 'one two']);
    expect([first.ended, second.ended]).toEqual([true, true]);
    expect(happened).toEqual(['whole one two']);
  });

  it('does not wait for a slow reader while it is buffered completely', async () => {
    const { made, push, body, source } = shared();
    const slow = new SlowSink(1);
    const fast = new SlowSink();
    const slowEnd = made.attach()?.pipe(slow);
    void made.attach()?.pipe(fast);
    for (const text of ['a', 'b', 'c']) push(text);
    body.finish();
    expect(fast.text).toBe('abc');
    expect(slow.text).toBe('a');
    expect(source.paused).toBe(false);
    slow.take(10);
    expect(await slowEnd).toBe('complete');
    expect(slow.text).toBe('abc');
  });

  it('beyond the storage limit follows the slowest reader, stays within the limit and accepts no new reader', () => {
    const { made, push, source, happened } = shared(4);
    const slow = new SlowSink(1);
    const fast = new SlowSink();
    void made.attach()?.pipe(slow);
    void made.attach()?.pipe(fast);
    push('aaa');
    push('bbb');
    expect(happened).toEqual(['too-long']);
    expect(source.paused).toBe(true);
    expect(made.attach()).toBeUndefined();
    slow.take(10);
    expect(source.paused).toBe(false);
    push('ccc');
    expect([slow.text, fast.text]).toEqual(['aaabbbccc', 'aaabbbccc']);
  });

  it('drops a reader that stalls and delays the others', async () => {
    const { made, push, clock, source } = shared(4);
    const stuck = made.attach();
    const end = stuck?.pipe(new SlowSink(1));
    const fast = new SlowSink();
    void made.attach()?.pipe(fast);
    push('aaa');
    push('bbb');
    clock.advance(10_000);
    expect(await end).toBe('left');
    expect(source.paused).toBe(false);
    push('ccc');
    expect(fast.text).toBe('aaabbbccc');
  });

  it('waits for its only reader without a limit', () => {
    const { made, push, clock } = shared(4);
    const only = new SlowSink(1);
    void made.attach()?.pipe(only);
    push('aaa');
    push('bbb');
    clock.advance(60_000);
    only.take(10);
    expect(only.text).toBe('aaabbb');
  });

  it('is completed for the store when all readers have left, and aborted if it would not be stored', () => {
    const kept = shared(100);
    const reader = new SlowSink();
    void kept.made.attach()?.pipe(reader);
    kept.push('a');
    reader.leave();
    kept.push('b');
    kept.body.finish();
    expect(kept.happened).toEqual(['whole ab']);
    const long = shared(1);
    const other = new SlowSink();
    void long.made.attach()?.pipe(other);
    long.push('abc');
    other.leave();
    expect(long.source.aborted).toMatchObject({ code: 'client.gone' });
  });

  it('fails for every reader when its source fails, and is not stored', async () => {
    const { made, push, body, happened } = shared();
    const reader = made.attach();
    const sink = new SlowSink();
    const end = reader?.pipe(sink);
    push('half');
    body.fail(precomputed('upstream.reset', 'gone'));
    expect(await end).toBe('broken');
    expect(sink.ended).toBe(false);
    expect(reader?.failure).toMatchObject({ code: 'upstream.reset' });
    expect(happened).toEqual(['broken']);
    expect(made.attach()).toBeUndefined();
  });

  it('gives every reader the same bytes, independent of chunk sizes and slow readers', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('push' as const),
        text: fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme-ascii' }),
      }),
      fc.record({ do: fc.constant('attach' as const), room: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('take' as const), who: fc.nat(5), room: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('leave' as const), who: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 60 }), async (steps, limit) => {
        const { made, push, body, happened } = shared(limit);
        const readers: { sink: SlowSink; end: Promise<string>; left: boolean }[] = [];
        let text = '';
        for (const each of steps) {
          if (each.do === 'push') {
            text += each.text;
            push(each.text);
          } else if (each.do === 'attach') {
            const sink = new SlowSink(each.room);
            const end = made.attach()?.pipe(sink);
            if (end !== undefined) readers.push({ sink, end: Promise.resolve(end), left: false });
          } else {
            const reader = readers[each.who];
            if (each.do === 'take') reader?.sink.take(each.room);
            else if (reader !== undefined) {
              reader.left = true;
              reader.sink.leave();
            }
          }
        }
        body.finish();
        for (const { sink } of readers) sink.take(1_000);
        await Promise.resolve();
        const stay = readers.filter(({ left }) => !left);
        const isStored = text.length <= limit;
        if (isStored) expect(happened).toEqual([`whole ${text}`]);
        else expect(happened).toEqual(['too-long']);
        for (const { sink, end } of stay) {
          expect(await end).toBe('complete');
          expect(sink.text).toBe(text);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('bodies that exceed the memory budget together', () => {
  it('follow the pace of their readers and are not stored', async () => {
    const { made, push, body, happened, transit, source } = shared(100);
    transit.take(995);
    const sink = new SlowSink(1);
    void made.attach()?.pipe(sink);
    push('four');
    push('two');
    expect(happened).toEqual(['crowded']);
    expect(transit.bytes).toBe(995);
    expect(source.paused).toBe(true);
    sink.take(10);
    body.finish();
    await new Promise(setImmediate);
    expect(sink.text).toBe('fourtwo');
  });

  it.each(['finish', 'fail'] as const)('return their share when they %s', async how => {
    const { push, body, transit } = shared(100);
    push('some');
    expect(transit.bytes).toBe(4);
    if (how === 'finish') body.finish();
    else body.fail(precomputed('upstream.reset', 'broke'));
    await new Promise(setImmediate);
    expect(transit.bytes).toBe(0);
  });
});
