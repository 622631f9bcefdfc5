import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuNanoseconds, sumOf } from '../cpu.ts';
import { spreadOf } from '../measure/spread.ts';
import { childrenOf } from '../peers/daemon.ts';
import type { Bench } from './bench.ts';
import { writeProject } from './route-files.ts';

const BARE = fileURLToPath(new URL('../subjects/bare-import.ts', import.meta.url));
const COUNTS = [10, 1_000, 10_000];
const RELOADED = 1_000;

interface Started {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** From the start of a process until it is ready, and until its routes are loaded anew. */
export async function start(bench: Bench): Promise<void> {
  for (const count of COUNTS) {
    const project = writeProject(bench.portico.dir, count);
    // The first start fills the compile cache.
    await porticoStart(bench, project);
    await bareImport(bench, project);
    const own: Started[] = [];
    const bare: Started[] = [];
    for (let round = 0; round < roundsOf(bench, count); round++) {
      own.push(await porticoStart(bench, project));
      bare.push(await bareImport(bench, project));
    }
    bench.record({
      id: `start-${count}`,
      title: `Start with ${count.toLocaleString('en')} routes`,
      per: 'start',
      subjects: { portico: columns(own), 'bare import': columns(bare) },
      notes: ['the bare process imports Express and the same route files; both have a filled compile cache'],
    });
  }
  await reload(bench);
}

/** Ten thousand files take half a minute. */
function roundsOf({ settings: { rounds, quick } }: Bench, count: number): number {
  if (count <= 1_000) return rounds;
  return quick ? 1 : 2;
}

async function porticoStart({ portico, backend }: Bench, project: string): Promise<Started> {
  const from = performance.now();
  const started = await portico.start(backend.port, { project });
  const result = { cpuMs: cpuNanoseconds(started.pid) / 1e6, wallMs: performance.now() - from };
  await started.stop();
  return result;
}

async function bareImport({ portico }: Bench, project: string): Promise<Started> {
  const from = performance.now();
  const child = fork(BARE, [join(portico.dir, project)], {
    execArgv: [],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  await once(child, 'message');
  const result = { cpuMs: cpuNanoseconds(child.pid ?? 0) / 1e6, wallMs: performance.now() - from };
  child.kill();
  await once(child, 'exit');
  return result;
}

/** The new workers and the primary; the old worker's end is not counted. */
async function reload(bench: Bench): Promise<void> {
  const project = writeProject(bench.portico.dir, RELOADED);
  const started = await bench.portico.start(bench.backend.port, { project, workers: 1 });
  const results: Started[] = [];
  for (let round = 0; round < bench.settings.rounds; round++) {
    const known = childrenOf(started.pid);
    const [from, before] = [performance.now(), cpuNanoseconds(started.pid)];
    await started.reload();
    const added = childrenOf(started.pid).filter(pid => !known.includes(pid));
    const cpu = cpuNanoseconds(started.pid) - before + sumOf(added, cpuNanoseconds);
    results.push({ cpuMs: cpu / 1e6, wallMs: performance.now() - from });
  }
  await started.stop();
  const { median } = spreadOf(results.map(({ wallMs }) => wallMs));
  bench.record({
    id: 'reload',
    title: 'Reload of 1,000 routes',
    per: 'reload',
    subjects: { portico: columns(results) },
    notes: [`SIGHUP to one worker and its primary: the new worker serves after ${median.toFixed(0)} ms`],
  });
}

function columns(results: readonly Started[]): Record<keyof Started, readonly number[]> {
  return { cpuMs: results.map(({ cpuMs }) => cpuMs), wallMs: results.map(({ wallMs }) => wallMs) };
}
