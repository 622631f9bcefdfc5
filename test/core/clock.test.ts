import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/ports/clock.ts';

it('a timer beyond Node’s maximum delay does not fire at once', async () => {
  let called = false;
  const timer = systemClock.after(2 ** 31, () => {
    called = true;
  });
  await new Promise<void>(resolve => void systemClock.after(5, resolve));
  expect(called).toBe(false);
  timer.cancel();
});
