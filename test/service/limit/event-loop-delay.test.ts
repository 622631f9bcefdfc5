import { afterAll, expect, it } from 'vitest';
import { EventLoopDelay, levelOf } from '../../../src/service/limit/event-loop-delay.ts';

const pressure = new EventLoopDelay();
afterAll(() => pressure.stop());

const turn = () => new Promise(resolve => setImmediate(resolve));

const busyMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Uses the CPU for that long: on a computer with other work, time alone passes without it. */
function block(ms: number): void {
  const until = busyMs() + ms;
  while (busyMs() < until);
}

it('rises with the delay of the event loop', () => {
  expect([0, 50, 51, 101, 201, 5_000].map(levelOf)).toEqual([0, 0, 1, 2, 3, 3]);
});

it('stays low when the loop is blocked once, however long, and catches up', async () => {
  await new Promise(resolve => setTimeout(resolve, 150));
  const levels = new Set<number>();
  block(800);
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setTimeout(resolve, 1));
    levels.add(pressure.level);
  }
  expect([...levels]).toEqual([0]);
});

it('is high when every turn is late, and recovers soon after', async () => {
  const deadline = performance.now() + 20_000;
  while (pressure.level < 3 && performance.now() < deadline) {
    block(300);
    await turn();
  }
  expect(pressure.level).toBe(3);
  while (pressure.level > 0 && performance.now() < deadline) await new Promise(resolve => setTimeout(resolve, 20));
  expect(pressure.level).toBe(0);
});
