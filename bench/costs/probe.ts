// Loaded into a subject before its own code: it counts the calls and bytes of the subject on a command of the parent.
import { Session } from 'node:inspector/promises';
import { memoryUsage } from 'node:process';

/** A command of the parent. */
export type ProbeOrder = 'calls' | 'heap';

/** The JavaScript calls since the last command, and the current heap size in bytes. */
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
