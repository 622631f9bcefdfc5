import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryStore } from '../src/policies/cache/storage/memory-store.ts';
import { firstInFirstOut, minRecentlyUsed } from '../test/support/reference-caches.ts';
import { asCache } from '../test/support/store-as-cache.ts';
import { type TraceShape, trace } from '../test/support/traces.ts';

const OBJECTS = 100_000;
const REQUESTS = 1_000_000;
const SHAPES: Readonly<Record<string, Pick<TraceShape, 'skew' | 'onceOnly' | 'driftEvery'>>> = {
  'skew 0.8, a quarter asked once': { skew: 0.8, onceOnly: 0.25, driftEvery: 0 },
  'skew 1.0, a quarter asked once': { skew: 1, onceOnly: 0.25, driftEvery: 0 },
  'skew 0.8, the same, drifting': { skew: 0.8, onceOnly: 0.25, driftEvery: 10 },
  'skew 1.0, the same, drifting': { skew: 1, onceOnly: 0.25, driftEvery: 10 },
};

// First, while the process is still fresh.
await millionAddresses();
console.log();
console.log(`Hits in 100 requests: ${REQUESTS} requests over ${OBJECTS} objects, the first third not counted\n`);
console.log(line('', 'room', 'LRU', 'FIFO', 'store', '− LRU'));
for (const [name, shape] of Object.entries(SHAPES)) {
  for (const share of [0.01, 0.1]) {
    const max = OBJECTS * share;
    const [lru = 0, fifo = 0, store = 0] = await ratios(
      { ...shape, requests: REQUESTS, objects: OBJECTS, seed: 1 },
      max,
    );
    console.log(line(name, `${share * 100} %`, ...[lru, fifo, store, store - lru].map(value => value.toFixed(1))));
  }
}

async function ratios(shape: TraceShape, max: number): Promise<readonly number[]> {
  const caches = [minRecentlyUsed(max), firstInFirstOut(max), asCache(max)];
  const hits = caches.map(() => 0);
  let asked = 0;
  for (const key of trace(shape)) {
    const counts = asked++ >= REQUESTS / 3 ? 1 : 0;
    for (const [i, cache] of caches.entries()) if (cache.ask(key)) hits[i] = (hits[i] ?? 0) + counts;
    if (asked % 50 === 0) await nextTurn();
  }
  return hits.map(count => count / ((REQUESTS * 2) / 300));
}

/** With real buffers: the memory of the process, and the longest time that the event loop was blocked. */
async function millionAddresses(): Promise<void> {
  const budget = 64 * 1024 ** 2;
  const store = new MemoryStore<{ readonly bytes: number; readonly content: Buffer }>(budget, budget / 20);
  const before = process.memoryUsage.rss();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let highest = before;
  let longestSetMs = 0;
  delay.enable();
  for (let i = 0; i < 1_000_000; i++) {
    const content = Buffer.allocUnsafeSlow(500 + ((i * 37) % 3_000)).fill(i & 255);
    const started = process.threadCpuUsage();
    store.set(`https://shop.test/products/${i}?page=${i % 7}`, { bytes: content.length, content }, 60_000);
    const { user, system } = process.threadCpuUsage(started);
    longestSetMs = Math.max(longestSetMs, (user + system) / 1_000);
    if (i % 20 === 0) await nextTurn();
    if (i % 10_000 === 0) highest = Math.max(highest, process.memoryUsage.rss());
  }
  delay.disable();
  console.log('1,000,000 addresses of 0.5 to 3.5 KB under 64 MB');
  console.log(line('accounted bytes (MB)', mb(store.bytes)));
  console.log(line('RSS growth, highest (MB)', mb(highest - before)));
  console.log(line('RSS growth / budget (expected ≤ 1.5)', ((highest - before) / budget).toFixed(2)));
  console.log(line('longest set (ms of CPU, expected < 5)', longestSetMs.toFixed(2)));
  console.log(line('longest delay of the event loop (ms)', (delay.max / 1e6).toFixed(2)));
}

function mb(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

function line(name: string, ...cells: readonly string[]): string {
  return name.padEnd(46) + cells.map(cell => cell.padStart(9)).join('');
}
