import { afterAll, expect, it } from 'vitest';
import { LoopPressure, levelOf } from '../../../src/service/limit/loop-pressure.ts';

const pressure = new LoopPressure();
afterAll(() => pressure.stop());

it('rises with how late the event loop is', () => {
  expect([0, 50, 51, 101, 201, 5_000].map(levelOf)).toEqual([0, 0, 1, 2, 3, 3]);
});

it('is seen by what a blocked loop kept waiting, and is over soon after', async () => {
  const turns = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
  await turns(150);
  const until = performance.now() + 350;
  while (performance.now() < until);
  // Timers that fell due are called before anything else is heard.
  await new Promise(resolve => setTimeout(resolve, 0));
  await new Promise(resolve => setImmediate(resolve));
  expect(pressure.level).toBe(3);
  const deadline = performance.now() + 5_000;
  while (pressure.level > 0 && performance.now() < deadline) await turns(20);
  expect(pressure.level).toBe(0);
});
