import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type PorticoProcess, runPortico, startPortico } from '../../test/support/portico-process.ts';
import type { TestProject } from '../../test/support/project.ts';
import { cpuNanoseconds } from '../cpu.ts';
import { childrenOf } from '../peers/daemon.ts';
import { createLargeProject, SAVED, savedRoute } from './project.ts';

export interface DevLoopFigures {
  /** From the start of the process until the project is served, in ms. */
  readonly startMs: number;
  /** From each save until a response shows it, in ms. */
  readonly savedMs: readonly number[];
  /** CPU time of each reload, of the primary and the new worker, in ms. */
  readonly reloadCpuMs: readonly number[];
  /** CPU time of `portico check` with compiled code kept, in ms. */
  readonly checkCpuMs: number;
  readonly checkMs: number;
  /** Watches of the system that the process has open. */
  readonly watches: number;
}

/** Linux only: watches and CPU time come from /proc. */
export async function measureDevLoop(routes: number, saves: number): Promise<DevLoopFigures> {
  await using project = await createLargeProject(routes);
  const check = await measureCheck(project);
  const from = performance.now();
  await using portico = startPortico('dev', ['--dir', project.dir]);
  const { url } = await portico.ready();
  const startMs = performance.now() - from;
  const pid = portico.child.pid ?? 0;
  const saved = await measureSaves({ project, portico, pid, url }, saves);
  return { startMs, ...saved, ...check, watches: watchesOf(pid) };
}

interface Developed {
  readonly project: TestProject;
  readonly portico: PorticoProcess;
  readonly pid: number;
  readonly url: string;
}

async function measureSaves({ project, portico, pid, url }: Developed, saves: number) {
  const savedMs: number[] = [];
  const reloadCpuMs: number[] = [];
  for (let i = 0; i < saves; i++) {
    const old = childrenOf(pid);
    const before = cpuNanoseconds(pid);
    const from = performance.now();
    await project.write(SAVED.file, savedRoute(`saved ${i}`));
    await portico.event('reloaded');
    await untilServed(`${url}${SAVED.path}`, `saved ${i}`);
    savedMs.push(performance.now() - from);
    const fresh = childrenOf(pid).filter(child => !old.includes(child));
    const cpu = cpuNanoseconds(pid) - before + fresh.reduce((sum, child) => sum + cpuNanoseconds(child), 0);
    reloadCpuMs.push(cpu / 1e6);
  }
  return { savedMs, reloadCpuMs };
}

async function untilServed(url: string, text: string): Promise<void> {
  while (!(await (await fetch(url)).text()).includes(text)) await delay(5);
}

const PRINT_CPU = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  console.error('cpu', (user + system) / 1000);
});`;

async function measureCheck({ dir }: TestProject) {
  const node = [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(PRINT_CPU)}`];
  // The first one keeps the compiled code.
  await runPortico(['check', '--dir', dir], { node });
  const from = performance.now();
  const { code, err } = await runPortico(['check', '--dir', dir], { node });
  if (code !== 0) throw new Error(`portico check ended with ${code}: ${err}`);
  return { checkCpuMs: Number(/^cpu (.+)$/m.exec(err)?.[1]), checkMs: performance.now() - from };
}

function watchesOf(pid: number): number {
  const open = readdirSync(`/proc/${pid}/fd`).filter(fd => linkOf(`/proc/${pid}/fd/${fd}`).includes('inotify'));
  const lines = open.flatMap(fd => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').split('\n'));
  return lines.filter(line => line.startsWith('inotify ')).length;
}

/** Empty for a descriptor that was closed since the folder was read. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
