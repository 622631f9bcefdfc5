import { Pool } from 'undici';
import type { LoadOrder, Second } from '../open-loop.ts';

// Sends requests at a fixed rate, independent of responses, since users do not wait for one another.
const TICK_MS = 5;

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder;
const { origin, pathname } = new URL(order.url);
const pool = new Pool(origin, { connections: null, pipelining: 1 });
const seconds: Second[] = Array.from({ length: order.seconds }, () => ({ asked: 0, good: 0, refused: 0, failed: 0 }));

async function ask(second: Second): Promise<void> {
  second.asked++;
  const askedAt = performance.now();
  try {
    const { statusCode, body } = await pool.request({ path: pathname, method: 'GET' });
    await body.dump();
    // No client disconnects: late responses are only counted, and connections are reused.
    if (statusCode === 200 && performance.now() - askedAt <= order.patienceMs) second.good++;
    else if (statusCode === 503) second.refused++;
    else second.failed++;
  } catch {
    second.failed++;
  }
}

const startedAt = performance.now();
const asked: Promise<void>[] = [];
for (;;) {
  const ms = performance.now() - startedAt;
  const due = Math.min(Math.floor((ms * order.perSecond) / 1000), order.seconds * order.perSecond);
  const second = seconds[Math.min(Math.floor(ms / 1000), order.seconds - 1)];
  while (asked.length < due && second !== undefined) asked.push(ask(second));
  if (due === order.seconds * order.perSecond) break;
  await new Promise(resolve => setTimeout(resolve, TICK_MS));
}
const sentMs = performance.now() - startedAt;
await Promise.all(asked);
process.send?.({ seconds, sentMs });
await pool.destroy();
