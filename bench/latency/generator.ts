// Sends the requests of one order in a process of its own, and reports the percentiles.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { ClientConnection, openTogether } from '../client-connection.ts';
import { writer } from '../load.ts';
import { percentile } from '../measure/spread.ts';
import type { Latency, OpenLoopOrder } from './open-loop.ts';
import { Timetable } from './timetable.ts';

const UNTIL_START_MS = 100;

const order = JSON.parse(process.argv[2] ?? '') as OpenLoopOrder;
const idle = [...(await openTogether(order.port, order.connections))];
const bytes = writer(order.port, { path: order.path })();
for (const connection of idle) await connection.ask(bytes, 200);

const ticker = new Worker(new URL('./ticker.ts', import.meta.url), { workerData: order });
await once(ticker, 'message');
const startMs = now() + UNTIL_START_MS;
const timetable = new Timetable(startMs, order.perSecond, order.seconds);
const latencies: number[] = [];
const lateness: number[] = [];
const queue: number[] = [];
let failed = 0;
let lastFailure = '';
const { promise: finished, resolve: finish } = Promise.withResolvers<void>();

ticker.on('message', (i: number) => {
  lateness.push(now() - timetable.due(i));
  queue.push(timetable.due(i));
  void send();
});
ticker.postMessage(startMs);
await finished;
for (const connection of idle) connection.close();
if (failed > 0) console.error(`${failed} of ${timetable.count} requests failed, such as: ${lastFailure}`);
process.send?.(latency());

/** Without an idle connection a request waits in the queue, and its time counts. */
async function send(): Promise<void> {
  let connection = idle.pop();
  if (connection === undefined) return;
  for (let due = queue.shift(); due !== undefined; due = queue.shift()) {
    try {
      await connection.ask(bytes, 200);
      latencies.push(now() - due);
    } catch (error) {
      failed++;
      lastFailure = String(error);
      connection.close();
      connection = await ClientConnection.open(order.port);
    }
  }
  idle.push(connection);
  if (latencies.length + failed === timetable.count) finish();
}

function latency(): Latency {
  latencies.sort((a, b) => a - b);
  lateness.sort((a, b) => a - b);
  const [p50Ms, p99Ms, p999Ms] = [0.5, 0.99, 0.999].map(share => percentile(latencies, share)) as [
    number,
    number,
    number,
  ];
  return {
    p50Ms,
    p99Ms,
    p999Ms,
    latePercentileMs: percentile(lateness, 0.99),
    failedPercent: (100 * failed) / timetable.count,
  };
}

/** The same in both threads. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
