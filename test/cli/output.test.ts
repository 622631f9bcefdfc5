import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { environment } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));
const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => ({ hello: 'world' }) }") };
/** Lines of its own, and errors that nobody catches. */
const NOISY = {
  'routes/hello.get.ts': route(`'/hello', { handler: () => {
  console.log('x'.repeat(4_000));
  void Promise.reject(new Error('x'.repeat(4_000)));
  return 'sent';
} }`),
};

interface Serving {
  readonly child: ChildProcess;
  readonly url: string;
  readonly adminUrl: string;
}

/** A gateway that logs every request to outputs that accept no lines. */
async function serving(dir: string, stdio: StdioOptions, more: readonly string[]): Promise<Serving> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const args = ['start', '--dir', dir, '--port', `${port}`, '--admin-port', `${adminPort}`, ...more];
  const child = spawn(process.execPath, [BIN, ...args], { stdio, env: { ...environment(), LOG_LEVEL: 'info' } });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await expect.poll(() => generationAt(adminUrl), { timeout: 20_000 }).toBe(1);
  return { child, url: `http://127.0.0.1:${port}/hello`, adminUrl };
}

async function generationAt(adminUrl: string): Promise<number> {
  const response = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
  return response?.ok ? ((await response.json()) as { readonly generation: number }).generation : 0;
}

/** Nothing reads: a pipe holds 64 KiB and a line has some thousand bytes. */
async function fill(url: string): Promise<void> {
  const long = `${url}?${'x'.repeat(4_000)}`;
  for (let i = 0; i < 60; i++) {
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await fetch(long)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  }
}

/** An unread pipe never closes, but the process exits. */
async function stopped(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  return await ended;
}

const OUTPUTS = [
  ['full', '0'],
  ['full', '1'],
  ['closed', '0'],
  ['closed', '2'],
  ['stopped', '0'],
  ['stopped', '2'],
] as const;

function stdioOf(kind: 'full' | 'closed' | 'stopped'): number | 'pipe' {
  return kind === 'full' ? openSync('/dev/full', 'w') : 'pipe';
}

describe('an output that nothing takes', () => {
  it.each(OUTPUTS)(
    'loses lines, delays no request and keeps no process alive: a %s stdout and stderr (workers %s)',
    async (kind, workers) => {
      await using project = await createProject(NOISY);
      const stdio = ['ignore', stdioOf(kind), stdioOf(kind)] as const;
      const { child, url } = await serving(project.dir, [...stdio], ['--workers', workers]);
      if (kind === 'closed') for (const output of [child.stdout, child.stderr]) output?.destroy();
      await fill(url);
      expect(await stopped(child)).toEqual([0, null]);
    },
  );

  it.each([
    ['for people', []],
    ['for programs', ['--json']],
  ] as const)('does not hold up the workers of a reload: a stopped stdout and stderr %s', async (_readers, more) => {
    await using project = await createProject(NOISY);
    const { child, url, adminUrl } = await serving(
      project.dir,
      ['ignore', 'pipe', 'pipe'],
      ['--workers', '2', ...more],
    );
    for (const generation of [2, 3]) {
      child.kill('SIGHUP');
      await expect.poll(() => generationAt(adminUrl), { timeout: 20_000 }).toBe(generation);
      await fill(url);
    }
    expect(await stopped(child)).toEqual([0, null]);
  });

  it('does not hold up a worker that takes the place of another', async () => {
    await using project = await createProject(HELLO);
    const { child, url, adminUrl } = await serving(project.dir, ['ignore', 'pipe', 'pipe'], ['--workers', '2']);
    await fill(url);
    const [victim = 0] = await pidsAt(adminUrl);
    process.kill(victim, 'SIGKILL');
    await expect
      .poll(async () => (await pidsAt(adminUrl)).filter(pid => pid !== victim), { timeout: 20_000 })
      .toHaveLength(2);
    await fill(url);
    expect(await stopped(child)).toEqual([0, null]);
  });
});

async function pidsAt(adminUrl: string): Promise<readonly number[]> {
  const { pids } = (await (await fetch(`${adminUrl}/readyz?verbose`)).json()) as { readonly pids: readonly number[] };
  return pids;
}

/** Whether a process still runs; a zombie does not count. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function parentOf(pid: number): number {
  return Number(/^\d+ \(.*\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
}

it.each([0, 1])(
  'a terminal that is stopped loses lines, delays no request and keeps no process alive (workers %i)',
  async workers => {
    await using project = await createProject(HELLO);
    const [port, adminPort] = [await freePort(), await freePort()];
    const ports = ['--port', port, '--admin-port', adminPort, '--workers', workers];
    const command = [process.execPath, BIN, 'start', '--dir', project.dir, ...ports];
    // `script` gives the gateway a terminal of its own and stops when its output is not read.
    const terminal = spawn('script', ['-qec', command.join(' '), '/dev/null'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info' },
    });
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    await expect.poll(() => generationAt(adminUrl), { timeout: 20_000 }).toBe(1);
    const [worker = 0] = await pidsAt(adminUrl);
    const primary = workers === 0 ? worker : parentOf(worker);
    for (let i = 0; i < 200; i++) {
      const asked = Array.from({ length: 10 }, async () => (await fetch(`http://127.0.0.1:${port}/hello`)).status);
      expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    }
    process.kill(primary, 'SIGTERM');
    await expect.poll(() => runs(primary), { timeout: 15_000 }).toBe(false);
    terminal.kill('SIGKILL');
  },
);

describe('a command that ends by itself', () => {
  const MANY = Object.fromEntries(
    Array.from({ length: 400 }, (_, i) => `${'r'.repeat(200)}${i}`).map(name => [
      `routes/${name}.get.ts`,
      route(`'/${name}', { handler: () => 'r' }`),
    ]),
  );

  it('waits for a slow reader of its output', async () => {
    await using project = await createProject(MANY);
    const child = spawn(process.execPath, [BIN, 'routes', '--json', '--dir', project.dir], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environment(),
    });
    // The pipe is full, and nothing reads it until the first bytes have waited for some time.
    await once(child.stdout, 'readable');
    const { routes } = JSON.parse(await text(child.stdout)) as { readonly routes: readonly unknown[] };
    expect(routes).toHaveLength(400);
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
  });

  it('ends quietly when its reader leaves', async () => {
    await using project = await createProject(MANY);
    const child = spawn(process.execPath, [BIN, 'routes', '--json', '--dir', project.dir], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    const err = text(child.stderr);
    child.stdout.destroy();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await err).toBe('');
  });
});
