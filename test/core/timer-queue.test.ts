import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TimerQueue } from '../../src/core/timer-queue.ts';

describe('timers of one length', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const bench = (ms: number) => {
    const fired: string[] = [];
    const queue = new TimerQueue(ms, () => Date.now());
    const begun = Date.now();
    return {
      fired,
      queue,
      add: (name: string) => queue.add(() => void fired.push(`${name} ${Date.now() - begun}`)),
    };
  };

  it('fire in order, each when it is due', () => {
    const { add, fired } = bench(100);
    add('a');
    vi.advanceTimersByTime(30);
    add('b');
    vi.advanceTimersByTime(200);
    expect(fired).toEqual(['a 100', 'b 130']);
  });

  it('do not fire once they are cancelled, wherever they stand', () => {
    const { add, fired } = bench(100);
    const timers = ['a', 'b', 'c', 'd'].map(add);
    for (const i of [1, 0, 3, 1]) timers[i]?.cancel();
    vi.advanceTimersByTime(200);
    expect(fired).toEqual(['c 100']);
  });

  it('may cancel and start others when they fire', () => {
    const { add, queue, fired } = bench(100);
    queue.add(() => {
      second.cancel();
      add('c');
    });
    const second = add('b');
    vi.advanceTimersByTime(300);
    expect(fired).toEqual(['c 200']);
  });

  it('are in time though one that fires starts another', () => {
    const { add, queue, fired } = bench(100);
    queue.add(() => void add('again'));
    vi.advanceTimersByTime(50);
    add('b');
    vi.advanceTimersByTime(200);
    expect(fired).toEqual(['b 150', 'again 200']);
  });

  it('are in time though one that fires throws', () => {
    const { add, queue, fired } = bench(100);
    queue.add(() => {
      throw new Error('in a callback');
    });
    vi.advanceTimersByTime(50);
    add('b');
    expect(() => vi.advanceTimersByTime(100)).toThrow('in a callback');
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['b 150']);
  });

  it('fire again after a time without any', () => {
    const { add, fired } = bench(100);
    add('a');
    vi.advanceTimersByTime(1_000);
    add('b');
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['a 100', 'b 1100']);
  });

  it('keep no neighbour once they are cancelled', () => {
    const { add } = bench(100);
    const timers = ['a', 'b', 'c'].map(add);
    timers[1]?.cancel();
    expect([timers[1]?.before, timers[1]?.after]).toEqual([undefined, undefined]);
  });
});
