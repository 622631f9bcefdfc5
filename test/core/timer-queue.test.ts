import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../src/core/timer-queue.ts';

/** A queue on a clock of the test; its Node timer runs on the real one. */
function bench(ms: number) {
  let now = 1_000;
  const fired: string[] = [];
  const queue = new TimerQueue(ms, () => now);
  return {
    fired,
    add: (name: string) => queue.add(() => void fired.push(name)),
    pass(span: number) {
      now += span;
    },
  };
}

describe('timers of one length', () => {
  it('fire in order, each when it is due', async () => {
    const { add, pass, fired } = bench(5);
    add('a');
    pass(3);
    add('b');
    pass(2);
    await expect.poll(() => fired).toEqual(['a']);
    pass(3);
    await expect.poll(() => fired).toEqual(['a', 'b']);
  });

  it('do not fire once they are cancelled, at any position', async () => {
    const { add, pass, fired } = bench(5);
    const timers = ['a', 'b', 'c', 'd'].map(add);
    for (const i of [1, 0, 3]) timers[i]?.cancel();
    timers[1]?.cancel();
    pass(5);
    await expect.poll(() => fired).toEqual(['c']);
  });

  it('may cancel and start others when they fire', async () => {
    const fired: string[] = [];
    let now = 0;
    const queue = new TimerQueue(5, () => now);
    queue.add(() => {
      fired.push('a');
      second.cancel();
      queue.add(() => void fired.push('c'));
    });
    const second = queue.add(() => void fired.push('b'));
    now = 5;
    await expect.poll(() => fired).toEqual(['a']);
    now = 10;
    await expect.poll(() => fired).toEqual(['a', 'c']);
  });

  it('fire again after a time without any', async () => {
    const { add, pass, fired } = bench(2);
    add('a');
    pass(2);
    await expect.poll(() => fired).toEqual(['a']);
    await delay(5);
    add('b');
    pass(2);
    await expect.poll(() => fired).toEqual(['a', 'b']);
  });
});
