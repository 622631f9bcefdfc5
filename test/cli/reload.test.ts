import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startLateBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { freePort } from '../support/port.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const FILE = 'routes/version.get.ts';
const version = (n: number): string => route(`'/version', { handler: () => 'version ${n}' }`);
const BROKEN = route("'/version', { handlr: () => 'broken' }");
/** It never loads, and says when a worker tries. */
const HANGING = `console.log('{"event":"hanging"}');\nawait new Promise(() => {});\n${version(2)}`;

/** A running gateway and the command for it. */
async function running(dir: string, ...flags: string[]) {
  const portico = startPortico('start', ['--dir', dir, ...flags]);
  const { url, adminUrl } = await portico.ready();
  const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
  return {
    portico,
    adminUrl,
    read: async () => (await fetch(`${url}/version`, { headers: { connection: 'close' } })).text(),
    reload: (...args: string[]) => runPortico(['reload', ...args], { env }),
    [Symbol.asyncDispose]: () => portico[Symbol.asyncDispose](),
  };
}

/** It tells the test that it loads, and waits for a file of the test. */
const waitingFor = (file: string) => `import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
console.log('{"event":"hanging"}');
while (!existsSync(${JSON.stringify(file)})) await setTimeout(10);
${version(1)}`;

describe('a SIGHUP during the first load', () => {
  const late = async (...flags: string[]) => {
    const project = await createProject({ 'notes.txt': '' });
    const go = join(project.dir, 'go');
    await project.write(FILE, waitingFor(go));
    const portico = startPortico('start', ['--dir', project.dir, ...flags]);
    await portico.event('hanging');
    return {
      portico,
      go: () => project.write('go', ''),
      async [Symbol.asyncDispose]() {
        await portico[Symbol.asyncDispose]();
        await project[Symbol.asyncDispose]();
      },
    };
  };

  it('is a reload behind it', async () => {
    await using gateway = await late('--workers', '1');
    gateway.portico.child.kill('SIGHUP');
    await gateway.go();
    expect((await gateway.portico.ready()).generation).toBe(1);
    expect((await gateway.portico.event('reloaded')).generation).toBe(2);
  });

  it('is one line for one process', async () => {
    await using gateway = await late();
    gateway.portico.child.kill('SIGHUP');
    await gateway.go();
    await gateway.portico.ready();
    const { code, err } = await gateway.portico.stop();
    expect([code, err]).toEqual([0, expect.stringMatching(/^portico: SIGHUP .*--workers.*\n$/)]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('leaves %s an end at once', async signal => {
    await using gateway = await late('--workers', '1');
    gateway.portico.child.kill('SIGHUP');
    gateway.portico.child.kill(signal);
    expect(await gateway.portico.ended).toMatchObject({ code: 0, signal: null });
  });

  it('does not end a process that has loaded nothing yet', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    const dir = ['--dir', project.dir];
    // It stands in for a slow disk: the signal comes when the code of portico begins to load.
    const early = `data:text/javascript,import { registerHooks } from 'node:module';
let isSent = false;
registerHooks({ load(url, context, next) {
  if (!isSent %26%26 url.endsWith('/cli/main.ts')) { isSent = true; process.kill(process.pid, 'SIGHUP'); }
  return next(url, context);
} });`;
    const node = [process.execPath, '--import', early.replaceAll('\n', ' ')];
    await using portico = startPortico('start', [...dir, '--workers', '1'], { node });
    await portico.ready();
    expect((await portico.event('reloaded')).generation).toBe(2);
  });
});

describe('portico reload', () => {
  it('ends when the new generation serves, and prints its number', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using gateway = await running(project.dir, '--workers', '2');
    await project.write(FILE, version(2));
    expect(await gateway.reload()).toMatchObject({ code: 0, out: 'reloaded: generation 2, 1 route', err: '' });
    const seen = new Set(await Promise.all(Array.from({ length: 8 }, gateway.read)));
    expect(seen).toEqual(new Set(['version 2']));
    const { code, out } = await gateway.reload('--json');
    expect([code, JSON.parse(out)]).toEqual([0, { generation: 3, routes: 1, workers: 2 }]);
  });

  it('prints the mistakes of a broken edit, and the old workers go on', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using gateway = await running(project.dir, '--workers', '2');
    await project.write(FILE, BROKEN);
    const refused = await gateway.reload();
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(`P121  ${FILE}:2:`);
    expect(refused.err).toMatch(/portico: nothing was reloaded; generation 1 goes on serving\n$/);
    const { code, out } = await gateway.reload('--json');
    expect([code, JSON.parse(out)]).toMatchObject([1, { generation: 1, failure: { kind: 'definition' } }]);
    expect(await gateway.read()).toBe('version 1');
    await project.write(FILE, version(3));
    expect(await gateway.reload()).toMatchObject({ code: 0, out: 'reloaded: generation 2, 1 route' });
  });

  it('says that one process cannot, in one line', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using gateway = await running(project.dir);
    const { code, out, err } = await gateway.reload();
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^portico: nothing was reloaded; .* 409 One process goes on .* --workers 1 or more\n$/);
    expect(await gateway.read()).toBe('version 1');
  });

  it.each(['portico reload', 'SIGHUP'])('starts over for a %s meanwhile, and ends with it', async second => {
    await using project = await createProject({ [FILE]: version(1) });
    await using gateway = await running(project.dir, '--workers', '2');
    await project.write(FILE, HANGING);
    const first = gateway.reload();
    await gateway.portico.event('hanging');
    await project.write(FILE, version(2));
    const done = { code: 0, out: 'reloaded: generation 2, 1 route', err: '' };
    if (second === 'SIGHUP') gateway.portico.child.kill('SIGHUP');
    else expect(await gateway.reload()).toMatchObject(done);
    expect(await first).toMatchObject(done);
    expect(await gateway.read()).toBe('version 2');
  });

  it('reports a port that only a new worker finds taken, and the old one goes on', async () => {
    const port = await freePort();
    // A worker of node:cluster shares a port unless it says otherwise.
    const listens = `import { createServer } from 'node:net';
await new Promise((resolve, reject) => {
  createServer().once('error', reject).listen({ port: ${port}, host: '127.0.0.1', exclusive: true }, resolve);
});
`;
    await using project = await createProject({ [FILE]: listens + version(1) });
    await using gateway = await running(project.dir, '--workers', '1');
    await project.write(FILE, listens + version(2));
    const { code, err } = await gateway.reload();
    expect(code).toBe(1);
    expect(err).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(err).toMatch(/nothing was reloaded; generation 1 goes on serving\n$/);
    expect(await gateway.read()).toBe('version 1');
  });

  it('is refused while the gateway stops', async () => {
    await using late = await startLateBackend();
    await using project = await createProject({ [FILE]: route(`'/version', { proxy: '${late.url}' }`) });
    await using gateway = await running(project.dir, '--workers', '1');
    const slow = gateway.read();
    await late.arrived;
    gateway.portico.child.kill('SIGTERM');
    await gateway.portico.event('stopping');
    expect((await gateway.reload()).err).toMatch(/409 The gateway is stopping\n$/);
    late.release();
    expect(await slow).toBe('late');
    expect((await gateway.portico.ended).code).toBe(0);
  });

  it('says in one line that no gateway runs', async () => {
    const port = await freePort();
    const { code, err } = await runPortico(['reload', '--admin-port', `${port}`]);
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`^portico: no gateway responds at the admin port ${port}; .*\n$`));
  });
});
