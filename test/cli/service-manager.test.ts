import { chmod, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { takeServiceManager } from '../../src/cli/service-options.ts';
import { route } from '../support/gateway.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const HELLO = route("'/hello', { handler: () => Object.keys(process.env).filter(n => /^(NOTIFY|WATCHDOG)_/.test(n)) }");
const BROKEN = route("'/hello', { handlr: () => 1 }");

/** A project, and in its place of programs a `systemd-notify` that writes down what it is started with. */
async function service() {
  const project = await createProject({
    'routes/hello.get.ts': HELLO,
    'bin/systemd-notify': `#!/bin/sh\nprintf '%s\\n' "$NOTIFY_SOCKET $*" >> "$(dirname "$0")/sent"\n`,
    'bin/sent': '',
  });
  await chmod(join(project.dir, 'bin/systemd-notify'), 0o755);
  const sent = async () => (await readFile(join(project.dir, 'bin/sent'), 'utf8')).split('\n').slice(0, -1);
  const path = [join(project.dir, 'bin'), process.env.PATH].join(delimiter);
  return {
    project,
    env: { PATH: path, NOTIFY_SOCKET: '/run/systemd/notify' },
    sent,
    /** Resolves when the last message contains that. */
    hears: (text: string) => expect.poll(async () => (await sent()).at(-1), { timeout: 20_000 }).toContain(text),
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

describe('a service manager', () => {
  it('hears when one process serves and when it stops', async () => {
    await using manager = await service();
    await using portico = startPortico('start', ['--dir', manager.project.dir], { env: manager.env });
    const { url } = await portico.ready();
    await manager.hears('READY=1');
    expect(await manager.sent()).toEqual([
      `/run/systemd/notify --pid=${portico.child.pid} READY=1 STATUS=Serving ${url}, generation 1`,
    ]);
    expect(await (await fetch(`${url}/hello`)).json()).toEqual([]);
    expect((await portico.stop()).code).toBe(0);
    await manager.hears('STOPPING=1 STATUS=Finishing open requests');
  });

  it('hears of each reload, and of one that is refused', async () => {
    await using manager = await service();
    const args = ['--workers', '1', '--dir', manager.project.dir];
    await using portico = startPortico('start', args, { env: manager.env });
    await portico.ready();
    await manager.hears('READY=1');
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    await manager.hears('READY=1 STATUS=Serving generation 2');
    expect((await manager.sent()).at(-2)).toMatch(/ RELOADING=1 MONOTONIC_USEC=\d+$/);
    await manager.project.write('routes/hello.get.ts', BROKEN);
    portico.child.kill('SIGHUP');
    await portico.event('refused');
    await manager.hears('READY=1 STATUS=Serving generation 2; newer routes have mistakes');
    expect((await manager.sent()).filter(line => line.includes('RELOADING=1'))).toHaveLength(2);
  });

  it('hears again and again that the process lives, if it wants to', async () => {
    await using manager = await service();
    const env = { ...manager.env, WATCHDOG_USEC: '100000' };
    await using portico = startPortico('start', ['--dir', manager.project.dir], { env });
    await portico.ready();
    const alive = async () => (await manager.sent()).filter(line => line.endsWith(' WATCHDOG=1')).length;
    await expect.poll(alive, { timeout: 20_000 }).toBeGreaterThan(2);
    expect((await portico.stop()).code).toBe(0);
  });

  it('hears nothing of a start that fails', async () => {
    await using manager = await service();
    await manager.project.write('routes/hello.get.ts', BROKEN);
    const { code } = await startPortico('start', ['--dir', manager.project.dir], { env: manager.env }).ended;
    expect([code, await manager.sent()]).toEqual([1, []]);
  });

  it('hears the next messages if one could not be sent', async () => {
    await using manager = await service();
    const program = join(manager.project.dir, 'bin/systemd-notify');
    const env = { ...manager.env, PATH: join(manager.project.dir, 'bin'), WATCHDOG_USEC: '100000' };
    // It exists and cannot be started now.
    await chmod(program, 0o644);
    await using portico = startPortico('start', ['--dir', manager.project.dir], { env });
    await portico.ready();
    await expect.poll(() => portico.err, { timeout: 20_000 }).toContain('systemd-notify');
    await manager.project.write('bin/systemd-notify', `#!/bin/sh\necho "$*" >> ${manager.project.dir}/bin/sent\n`);
    await chmod(program, 0o755);
    await manager.hears(' WATCHDOG=1');
    const { code, err } = await portico.stop();
    expect(code).toBe(0);
    // One line for all of them.
    expect(err).toMatch(/^portico: systemd-notify cannot be run now, .*EACCES\n$/);
  });

  it('hears nothing without its program, which one line says, and the gateway serves', async () => {
    await using manager = await service();
    const env = { ...manager.env, PATH: manager.project.dir };
    await using portico = startPortico('start', ['--workers', '1', '--dir', manager.project.dir], { env });
    const { url } = await portico.ready();
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect((await fetch(`${url}/hello`)).status).toBe(200);
    expect((await portico.stop()).err).toMatch(
      /^portico: NOTIFY_SOCKET is set, but systemd-notify cannot be run, .*ENOENT\n$/,
    );
  });
});

describe('the variables of a service manager', () => {
  const socket = '/run/s';

  it.each([
    [{}, undefined],
    [{ NOTIFY_SOCKET: '' }, undefined],
    [{ WATCHDOG_USEC: '1' }, undefined],
    [{ NOTIFY_SOCKET: socket }, { socket, watchdogMs: undefined }],
    [
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000' },
      { socket, watchdogMs: 30_000 },
    ],
    [
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '5000', WATCHDOG_PID: '7' },
      { socket, watchdogMs: 5 },
    ],
    [
      { NOTIFY_SOCKET: socket, WATCHDOG_USEC: 'nonsense', WATCHDOG_PID: '8' },
      { socket, watchdogMs: undefined },
    ],
  ])('say what it wants to hear, and are taken: %j', (env, options) => {
    const taken: NodeJS.ProcessEnv = { ...env };
    expect([takeServiceManager(taken, 7), taken]).toEqual([options, {}]);
  });

  it.each(['nonsense', '0', '-1', '1.5'])('are refused in one line: WATCHDOG_USEC=%s', interval => {
    expect(() => takeServiceManager({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval }, 7)).toThrow(
      `WATCHDOG_USEC is "${interval}", which is no number of microseconds`,
    );
  });
});
