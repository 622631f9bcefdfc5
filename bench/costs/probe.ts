// Loaded into a subject before its own code: it counts what the subject does, when the parent says so.
import { Session } from 'node:inspector/promises';
import { memoryUsage } from 'node:process';

/** What the parent wants to know. */
export type ProbeOrder = 'calls' | 'heap';

/** JavaScript calls since the last order, and the bytes of the heap at this moment. */
export interface ProbeReading {
  readonly own: number;
  readonly all: number;
  readonly heapBytes: number;
}

const SOURCES = new URL('../../src/', import.meta.url).href;
const session = new Session();
let isCounting = false;

async function calls(): Promise<Pick<ProbeReading, 'own' | 'all'>> {
  if (!isCounting) {
    isCounting = true;
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  }
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let own = 0;
  let all = 0;
  for (const { url, functions } of result) {
    const count = functions.reduce((sum, { ranges }) => sum + (ranges[0]?.count ?? 0), 0);
    all += count;
    if (url.startsWith(SOURCES)) own += count;
  }
  return { own, all };
}

process.on('message', async (order: ProbeOrder) => {
  const counted = order === 'calls' ? await calls() : { own: 0, all: 0 };
  const reading: ProbeReading = { ...counted, heapBytes: memoryUsage().heapUsed };
  process.send?.(reading);
});
