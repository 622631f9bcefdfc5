import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Load, type LoadRequest } from '../load.ts';
import { type Subject, startSubject } from '../subject.ts';
import type { ProbeOrder, ProbeReading } from './probe.ts';

/** The cost of one request, independent of the computer and its other load. */
interface Cost {
  /** Calls of functions in src/. */
  readonly ownCalls: number;
  /** Calls of all JavaScript functions, including those of Node and of libraries. */
  readonly allCalls: number;
  /** Bytes allocated on the heap. */
  readonly bytes: number;
}

export type Costs = Readonly<Record<string, Cost>>;

const POST: LoadRequest = { path: '/posted', method: 'POST', body: 'x'.repeat(1_000) };

const SCENARIOS: readonly (readonly [name: string, subject: string, request: string | LoadRequest])[] = [
  ['bare', 'bare', '/proxied'],
  ['proxied', 'portico', '/proxied'],
  ['posted', 'portico', POST],
  ['hit', 'portico', '/cached'],
  ['handled', 'portico', '/handled'],
  ['aggregate', 'portico', '/aggregate'],
];

const CONNECTIONS = 8;
// Few enough for the heap below, even with three calls a request.
const WARM_UP = 3_000;
const COUNTED = 400;
const ALLOCATING = 2_000;

// Prevents garbage collection during a measurement, so that the heap grows by the allocated bytes.
const NO_SCAVENGE = ['--min-semi-space-size=512', '--max-semi-space-size=512'];
const PROBE = ['--import', fileURLToPath(new URL('./probe.ts', import.meta.url))];

/** Measures each scenario in a process of its own. */
export async function measureCosts(): Promise<Costs> {
  const backend = await startSubject('backend');
  const env = { BENCH_BACKEND: `http://127.0.0.1:${backend.port}`, NODE_ENV: 'production' };
  const costs: Record<string, Cost> = {};
  for (const [name, file, request] of SCENARIOS) {
    const subject = await startSubject(file, env, [...NO_SCAVENGE, ...PROBE]);
    costs[name] = await costOf(subject, request);
    await subject.stop();
  }
  await backend.stop();
  return costs;
}

async function costOf(subject: Subject, request: string | LoadRequest): Promise<Cost> {
  const load = await Load.open(subject.port, request, CONNECTIONS);
  await load.run(WARM_UP);
  const before = await read(subject, 'heap');
  await load.run(ALLOCATING);
  const after = await read(subject, 'heap');
  await read(subject, 'calls');
  await load.run(COUNTED);
  const { own, all } = await read(subject, 'calls');
  load.close();
  return {
    ownCalls: Math.round(own / COUNTED),
    allCalls: Math.round(all / COUNTED),
    bytes: Math.round((after.heapBytes - before.heapBytes) / ALLOCATING),
  };
}

async function read({ process: child }: Subject, order: ProbeOrder): Promise<ProbeReading> {
  const reading = once(child, 'message');
  child.send(order);
  return (await reading)[0] as ProbeReading;
}
