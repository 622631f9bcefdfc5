import { openSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createServer, type ListenOptions } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { passedSockets } from '../../src/cli/passed-sockets.ts';
import { route } from '../support/gateway.ts';
import { PorticoProcess, type SpawnOptions } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { getOverUnixSocket } from './unix-socket.ts';

const FILES = {
  'routes/hello.get.ts': route("'/hello', { handler: () => 'hello' }"),
  'routes/env.get.ts': route(
    "'/env', { handler: () => Object.keys(process.env).filter(n => n.startsWith('LISTEN_')) }",
  ),
};
const LOOPBACK: ListenOptions = { port: 0, host: '127.0.0.1' };

/** A socket on which this process listens until the program that it starts has it. */
async function socket(options: ListenOptions) {
  const server = createServer(connection => connection.destroy());
  await new Promise<void>(resolve => server.listen(options, resolve));
  const address = server.address();
  return {
    fd: Number(Reflect.get(Object(Reflect.get(server, '_handle')), 'fd')),
    port: typeof address === 'object' ? address?.port : undefined,
    passed: () => void server.close(),
  };
}

/** The variables hold the id of the program itself, so a shell writes it and then becomes the program. */
const ACTIVATED = ['sh', '-c', 'export LISTEN_PID=$$; exec "$@"', 'sh', process.execPath];

function start(dir: string, args: readonly string[], options: SpawnOptions): PorticoProcess {
  const all = ['start', '--dir', dir, '--json', ...args];
  return new PorticoProcess(all, { node: ACTIVATED, ...options });
}

describe('a gateway with the sockets of a service manager', () => {
  it.each(['0', '2'])('serves at them, and so does its admin port (workers %s)', async workers => {
    await using project = await createProject(FILES);
    const [admin, main] = [await socket(LOOPBACK), await socket(LOOPBACK)];
    const env = { LISTEN_FDS: '2', LISTEN_FDNAMES: 'admin:shop', PORT: '1', PORTICO_ADMIN_PORT: '1' };
    await using portico = start(project.dir, ['--workers', workers], { env, fds: [admin.fd, main.fd] });
    const { url, adminUrl } = await portico.ready();
    for (const each of [admin, main]) each.passed();
    expect([url, adminUrl]).toEqual([`http://127.0.0.1:${main.port}`, `http://127.0.0.1:${admin.port}`]);
    expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
    expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/env`)).json()).toEqual([]);
    if (workers !== '0') {
      portico.child.kill('SIGHUP');
      await portico.event('reloaded');
      expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
    }
    expect((await portico.stop()).code).toBe(0);
  });

  it.each(['0', '1'])('serves at a Unix socket (workers %s)', async workers => {
    await using project = await createProject(FILES);
    const path = join(project.dir, 'shop.sock');
    const main = await socket({ path });
    const args = ['--workers', workers, '--admin-port', '0'];
    await using portico = start(project.dir, args, { env: { LISTEN_FDS: '1' }, fds: [main.fd] });
    expect((await portico.ready()).url).toBe('unix:fd 3');
    // This process would take some of the connections, and removes the file by its name when it ends its part.
    const kept = `${path}.kept`;
    await rename(path, kept);
    main.passed();
    expect(await getOverUnixSocket(kept, '/hello')).toBe('hello');
    expect((await portico.stop()).code).toBe(0);
  });

  it('replaces a worker that dies, and ends when none is left', async () => {
    await using project = await createProject(FILES);
    const main = await socket(LOOPBACK);
    const args = ['--workers', '2', '--admin-port', '0'];
    await using portico = start(project.dir, args, { env: { LISTEN_FDS: '1' }, fds: [main.fd] });
    const { url, adminUrl } = await portico.ready();
    main.passed();
    const pids = async () => {
      const { pids } = (await (await fetch(`${adminUrl}/readyz?verbose`)).json()) as { readonly pids: number[] };
      return pids;
    };
    process.kill((await pids())[0] ?? 0, 'SIGKILL');
    await portico.event('worker-replaced');
    expect(await (await fetch(`${url}/hello`)).text()).toBe('hello');
    for (const pid of await pids()) process.kill(pid, 'SIGKILL');
    const { code, err } = await portico.ended;
    expect(code).toBe(1);
    expect(err).toMatch(/^portico: no worker is left, so the socket of LISTEN_FDS is closed; .*\n$/);
  });

  it('ignores those of another process', async () => {
    await using project = await createProject(FILES);
    const env = { LISTEN_PID: '1', LISTEN_FDS: '1' };
    const args = ['start', '--dir', project.dir, '--json', '--port', '0', '--admin-port', '0'];
    await using portico = new PorticoProcess(args, { env });
    const { url } = await portico.ready();
    expect(await (await fetch(`${url}/env`)).json()).toEqual([]);
    expect((await portico.stop()).err).toBe('');
  });

  it.each([
    [[], 'cannot listen on file descriptor 3 of LISTEN_FDS: '],
    [['--workers', '1'], 'cannot listen on file descriptor 3 of LISTEN_FDS: '],
    [['--port', '0'], 'the socket of LISTEN_FDS and --port name two addresses; leave one of them out'],
  ])('says in one line what is wrong with one (%j)', async (args, message) => {
    await using project = await createProject(FILES);
    const all = ['--admin-port', '0', ...args];
    const file = openSync('/dev/null', 'r');
    const { code, err } = await start(project.dir, all, { env: { LISTEN_FDS: '1' }, fds: [file] }).ended;
    expect(code).not.toBe(0);
    expect(err).toMatch(/^portico: .*\n$/);
    expect(err).toContain(message);
  });
});

describe('the variables of a service manager', () => {
  const mine = { LISTEN_PID: '7', LISTEN_FDS: '1' };

  it.each([
    [{}, undefined, undefined],
    [{ LISTEN_FDS: '1' }, undefined, undefined],
    [{ LISTEN_PID: '7' }, undefined, undefined],
    [{ ...mine, LISTEN_PID: '8', LISTEN_FDNAMES: 'a:b:c' }, undefined, undefined],
    [{ ...mine, LISTEN_FDS: '0' }, undefined, undefined],
    [mine, 3, undefined],
    [{ ...mine, LISTEN_FDNAMES: '' }, 3, undefined],
    [{ ...mine, LISTEN_FDNAMES: 'unknown' }, 3, undefined],
    [{ ...mine, LISTEN_FDNAMES: 'admin' }, undefined, 3],
    [{ ...mine, LISTEN_FDS: '2', LISTEN_FDNAMES: 'shop:admin' }, 3, 4],
    [{ ...mine, LISTEN_FDS: '2', LISTEN_FDNAMES: 'admin:shop' }, 4, 3],
  ])('name the sockets: %j', (env, main, admin) => {
    expect(passedSockets(env, 7)).toEqual({ main, admin });
  });

  it.each([
    [{ ...mine, LISTEN_PID: 'abc' }, 'LISTEN_PID is "abc", which is no process id'],
    [{ ...mine, LISTEN_PID: '-7' }, 'LISTEN_PID is "-7"'],
    [{ ...mine, LISTEN_PID: '7.0' }, 'LISTEN_PID is "7.0"'],
    [{ ...mine, LISTEN_PID: '99999999999' }, 'LISTEN_PID is "99999999999"'],
    [{ ...mine, LISTEN_FDS: 'one' }, 'LISTEN_FDS is "one", which is no number of sockets'],
    [{ ...mine, LISTEN_FDS: '-1' }, 'LISTEN_FDS is "-1"'],
    [{ ...mine, LISTEN_FDS: '2' }, 'for 2 sockets; portico takes one, and one named admin'],
    [{ ...mine, LISTEN_FDNAMES: 'a:b' }, 'names 2 sockets; LISTEN_FDS is 1'],
    [{ ...mine, LISTEN_FDS: '2', LISTEN_FDNAMES: 'admin:admin' }, 'portico takes one, and one named admin'],
  ])('are refused in one line if they are nonsense: %j', (env, message) => {
    expect(() => passedSockets(env, 7)).toThrow(message);
  });
});
