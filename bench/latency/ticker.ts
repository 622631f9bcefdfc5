// A thread that wakes the load at each moment of the timetable. Timers of Node are whole milliseconds, this clock is
// exact to about 0.1 ms and does not spin.
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { OpenLoopOrder } from './open-loop.ts';
import { Timetable } from './timetable.ts';

const { perSecond, seconds } = workerData as OpenLoopOrder;
parentPort?.postMessage('ready');
const [startMs] = (await once(parentPort ?? new EventTarget(), 'message')) as [number];
const timetable = new Timetable(startMs, perSecond, seconds);
const sleep = new Int32Array(new SharedArrayBuffer(4));

for (let i = 0; i < timetable.count; i++) {
  const ms = timetable.due(i) - (performance.timeOrigin + performance.now());
  if (ms > 0) Atomics.wait(sleep, 0, 0, ms);
  parentPort?.postMessage(i);
}
