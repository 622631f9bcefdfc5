import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { StartedGateway } from '../peers/portico-process.ts';
import { startGateway } from './gateway.ts';
import { ask, forked, total } from './open-loop.ts';

// Three targets, 500 requests a second for 40 seconds. Every ten seconds another one is killed and restarted after
// five.
const PER_SECOND = 500;
const SECONDS = 40;
const PAUSE_MS = 5_000;

interface Machine {
  child: ChildProcess;
  readonly port: number;
}

/** Targets that are killed and restarted, on a route without retries and on one with them. */
export async function kill(): Promise<string> {
  const machines = [await started('0'), await started('0'), await started('0')];
  const targets = machines.map(({ port }) => `http://127.0.0.1:${port}`).join(',');
  const gateway = await startGateway({ BENCH_MACHINES: targets });
  try {
    const head = ['| route | asked | good | refused | failed | attempts that failed |', '|---|---|---|---|---|---|'];
    return [...head, await rowOf('silent', gateway, machines), await rowOf('repeated', gateway, machines)].join('\n');
  } finally {
    await gateway.stop();
    for (const { child } of machines) child.kill('SIGKILL');
  }
}

async function rowOf(route: string, { url: at, adminUrl }: StartedGateway, targets: Machine[]): Promise<string> {
  const before = await failedAttempts(adminUrl);
  const url = `${at}/${route}`;
  const asking = ask({ url, perSecond: PER_SECOND, seconds: SECONDS, patienceMs: 10_000 });
  const killing = killInTurn(targets);
  const { asked, good, refused, failed } = total(await asking);
  await killing;
  return `| ${route} | ${asked} | ${good} | ${refused} | ${failed} | ${(await failedAttempts(adminUrl)) - before} |`;
}

async function killInTurn(targets: Machine[]): Promise<void> {
  for (const target of targets) {
    await wait(PAUSE_MS);
    target.child.kill('SIGKILL');
    await wait(PAUSE_MS);
    target.child = (await started(String(target.port))).child;
  }
}

async function started(port: string): Promise<Machine> {
  const child = forked('machine', [port]);
  const [at] = (await once(child, 'message')) as [number];
  return { child, port: at };
}

/** Attempts without a response, which clients do not see. */
async function failedAttempts(adminUrl: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const counts = [...text.matchAll(/^portico_service_attempts_total\{service="machines",outcome="(\w+)"\} (\d+)/gm)];
  return counts.reduce((sum, [, outcome, count]) => sum + (outcome === 'answered' ? 0 : Number(count)), 0);
}
