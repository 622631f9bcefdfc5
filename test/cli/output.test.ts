import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { createProject } from '../support/project.ts';

const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));
const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => ({ hello: 'world' }) }") };

/** A gateway that logs every request to an output that accepts no lines. */
async function serving(dir: string, stdout: number | 'pipe', workers: string) {
  const port = await freePort();
  const args = ['start', '--dir', dir, '--port', String(port), '--admin-port', '0', '--workers', workers];
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', stdout, 'ignore'],
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info' },
  });
  const url = `http://127.0.0.1:${port}/hello`;
  for (;;) {
    const answered = await fetch(url).then(
      response => response.ok,
      () => false,
    );
    if (answered) return { child, url };
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
  }
}

const OUTPUTS = [
  ['full', '0'],
  ['full', '1'],
  ['closed', '0'],
  ['stopped', '0'],
  ['stopped', '1'],
] as const;

it.each(OUTPUTS)(
  'an output that is %s loses lines, delays no request and keeps no process alive (workers %s)',
  async (kind, workers) => {
    await using project = await createProject(HELLO);
    const { child, url } = await serving(project.dir, kind === 'full' ? openSync('/dev/full', 'w') : 'pipe', workers);
    if (kind === 'closed') child.stdout?.destroy();
    // Nothing reads: a pipe holds 64 KiB and a line has some hundred bytes.
    const long = `${url}?${'x'.repeat(4_000)}`;
    for (let i = 0; i < 60; i++) {
      const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await fetch(long)).status));
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    child.kill('SIGTERM');
    const ended = once(child, 'exit');
    // An unread pipe never closes, but the child exits.
    expect(await ended).toEqual([0, null]);
  },
);

/** Whether a process still runs; a zombie does not count. */
function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

it('a terminal that is stopped loses lines, delays no request and keeps no process alive', async () => {
  await using project = await createProject(HELLO);
  const [port, adminPort] = [await freePort(), await freePort()];
  const command = [process.execPath, BIN, 'start', '--dir', project.dir, '--port', port, '--admin-port', adminPort];
  // `script` gives the gateway a terminal of its own and stops when its output is not read.
  const terminal = spawn('script', ['-qec', command.join(' '), '/dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info' },
  });
  const ready = `http://127.0.0.1:${adminPort}/readyz?verbose`;
  await expect
    .poll(
      () =>
        fetch(ready).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 20_000 },
    )
    .toBe(200);
  const { pids } = (await (await fetch(ready)).json()) as { pids: readonly [number] };
  for (let i = 0; i < 200; i++) {
    const asked = Array.from({ length: 10 }, async () => (await fetch(`http://127.0.0.1:${port}/hello`)).status);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
  }
  process.kill(pids[0], 'SIGTERM');
  await expect.poll(() => runs(pids[0]), { timeout: 15_000 }).toBe(false);
  terminal.kill('SIGKILL');
});
