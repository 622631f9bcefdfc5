import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startBackend, startLateBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { PorticoProcess, runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { getOverUnixSocket } from './unix-socket.ts';

const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => ({ hello: 'world' }) }") };

describe('portico start', () => {
  it('reports that it is ready once it listens, and where', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--dir', project.dir]);
    const { url, adminUrl, ...ready } = await portico.event('ready');
    expect(ready).toMatchObject({ pid: portico.child.pid, routes: 1, workers: 0, generation: 1 });
    expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: 'world' });
    expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  });

  it('prints the addresses and the routes for people', async () => {
    await using project = await createProject(HELLO);
    await using portico = new PorticoProcess(['start', '--dir', project.dir, '--port', '0', '--admin-port', '0']);
    const shown = await portico.printed('1 route');
    expect(shown).toMatch(/portico \d+\.\d+\.\d+ {2}ready in \d+ ms {3}\(Node [\d.]+\)/);
    expect(shown).toMatch(/➜ {2}Gateway {3}http:\/\/localhost:\d+\//);
    expect(shown).toMatch(/➜ {2}Admin {5}http:\/\/localhost:\d+\//);
    expect(shown).toMatch(/1 route {3}GET \/hello {2}handler/);
  });

  it('completes open requests after SIGTERM and exits 0', async () => {
    await using late = await startLateBackend();
    await using project = await createProject({
      'routes/slow.get.ts': route(`'/slow', { proxy: '${late.url}/slow' }`),
    });
    await using portico = startPortico('start', ['--dir', project.dir]);
    const { url } = await portico.ready();
    const answer = fetch(`${url}/slow`);
    await late.arrived;
    portico.child.kill('SIGTERM');
    await portico.event('stopping');
    late.release();
    const response = await answer;
    expect(response.status).toBe(200);
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.text()).toBe('late');
    expect(await portico.ended).toMatchObject({ code: 0, signal: null });
  });

  it('completes a large response during the drain', async () => {
    const size = 48 * 1024 * 1024;
    await using project = await createProject({
      'routes/large.get.ts': route(`'/large', { handler: () => 'x'.repeat(${size}) }`),
    });
    await using portico = startPortico('start', ['--dir', project.dir]);
    const { url } = await portico.ready();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    const first = await new Promise<Buffer>(resolve => socket.once('data', resolve));
    socket.pause();
    portico.child.kill('SIGTERM');
    await portico.event('stopping');
    let received = first.length;
    for await (const chunk of socket) received += chunk.length;
    expect(received).toBeGreaterThan(size);
    expect((await portico.ended).code).toBe(0);
  });

  it('stops at once at the second signal', async () => {
    await using late = await startLateBackend();
    await using project = await createProject({
      'routes/never.get.ts': route(`'/never', { proxy: '${late.url}' }`),
    });
    await using portico = startPortico('start', ['--dir', project.dir]);
    const { url } = await portico.ready();
    const broken = fetch(`${url}/never`).catch(() => 'broken');
    await late.arrived;
    portico.child.kill('SIGTERM');
    await portico.event('stopping');
    expect((await portico.stop('SIGINT')).code).toBe(130);
    expect(await broken).toBe('broken');
  });

  it.each([
    ['alone', []],
    ['with workers', ['--workers', '2']],
  ])('closes WebSockets and event streams on SIGTERM (%s)', async (_how, workers) => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const left = new Promise(resolve => sockets.once('connection', socket => socket.once('close', resolve).send('hi')));
    const opened = Promise.withResolvers<ServerResponse>();
    await using backend = await startBackend((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\ndata: ha');
      opened.resolve(res);
    });
    const { port } = sockets.address() as AddressInfo;
    await using project = await createProject({
      'routes/chat.get.ts': route(`'/chat', { proxy: 'http://127.0.0.1:${port}/chat' }`),
      'routes/events.get.ts': route(`'/events', { proxy: '${backend.url}' }`),
    });
    await using portico = startPortico('start', ['--dir', project.dir, ...workers]);
    const { url } = await portico.ready();
    const events = await fetch(`${url}/events`);
    const client = new WebSocket(`${url.replace('http', 'ws')}/chat`);
    const closed = new Promise(resolve => client.once('close', resolve));
    await new Promise(resolve => client.once('message', resolve));
    portico.child.kill('SIGTERM');
    expect(await closed).toBe(1001);
    expect(await left).toBe(1001);
    (await opened.promise).write('lf\n\ndata: 2\n\n');
    expect(await events.text()).toBe('data: 1\n\ndata: half\n\n');
    expect((await portico.ended).code).toBe(0);
    await new Promise(resolve => sockets.close(resolve));
  });

  it('listens on a Unix socket and replaces the one of a killed process', async () => {
    await using project = await createProject(HELLO);
    const path = join(project.dir, 'portico.sock');
    const args = ['start', '--dir', project.dir, '--admin-port', '0', '--json', '--listen', `unix:${path}`];
    await using first = new PorticoProcess(args);
    expect((await first.ready()).url).toBe(`unix:${path}`);
    await first.stop('SIGKILL');
    await using second = new PorticoProcess(args);
    await second.ready();
    expect(await getOverUnixSocket(path, '/hello')).toBe('{"hello":"world"}');
    const third = await runPortico(args);
    expect(third.code).toBe(1);
    expect(third.err).toBe(
      `portico: ${path} is in use by another process; stop that one, or choose another with --listen\n`,
    );
  });

  it('survives an unhandled rejection and an error in a timer of the team', async () => {
    await using project = await createProject({
      'routes/stray.get.ts': route(`'/stray', { handler: () => {
  void Promise.reject(new Error('stray promise'));
  setImmediate(() => { throw new Error('stray timer'); });
  return 'sent';
} }`),
    });
    await using portico = startPortico('start', ['--dir', project.dir]);
    const { url } = await portico.ready();
    expect(await (await fetch(`${url}/stray`)).text()).toBe('sent');
    expect(await (await fetch(`${url}/stray`)).text()).toBe('sent');
    const { code, err } = await portico.stop();
    expect(code).toBe(0);
    expect(err).toContain('Error: stray promise\n    at ');
    expect(err).toContain('Error: stray timer\n    at ');
  });

  it('reports that SIGHUP needs workers', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--dir', project.dir]);
    await portico.ready();
    const said = new Promise<string>(resolve => portico.child.stderr?.once('data', resolve));
    portico.child.kill('SIGHUP');
    expect(await said).toMatch(/^portico: SIGHUP .*--workers.*\n$/);
    expect((await portico.stop()).code).toBe(0);
  });
});

describe('a start that fails', () => {
  it('reports every mistake and exits 1', async () => {
    await using project = await createProject({ 'routes/a.get.ts': route("'/a', { handlr: 1 }") });
    const { code, err } = await startPortico('start', ['--dir', project.dir]).ended;
    expect(code).toBe(1);
    expect(err).toContain('P121');
    expect(err).not.toContain('    at ');
  });

  it('reports a service without targets', async () => {
    await using project = await createProject({
      'services.ts': `import { defineService } from 'portico';
export const shop = defineService('shop', { targets: { env: 'NOBODY_SET_THIS' } });`,
      'routes/a.get.ts': `import { shop } from '#services';\n${route("'/a', { proxy: shop }")}`,
    });
    const { code, err } = await startPortico('start', ['--dir', project.dir]).ended;
    expect(code).toBe(1);
    expect(err).toContain('NOBODY_SET_THIS');
    expect(err).not.toContain('    at ');
  });

  it.each([[[]], [['--workers', '2']]])('names the used port and the flag (%j)', async workers => {
    await using project = await createProject(HELLO);
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = await runPortico([
      'start',
      '--dir',
      project.dir,
      '--port',
      `${port}`,
      '--admin-port',
      '0',
      ...workers,
    ]);
    expect(taken.code).toBe(1);
    expect(taken.err).toBe(
      `portico: 127.0.0.1:${port} is in use by another process; stop that one, or choose another with --port\n`,
    );
    const admin = await runPortico([
      'start',
      '--dir',
      project.dir,
      '--port',
      '0',
      '--admin-port',
      `${port}`,
      ...workers,
    ]);
    expect(admin.code).toBe(1);
    expect(admin.err).toBe(
      `portico: 127.0.0.1:${port} is in use by another process; stop that one, or choose another with --admin-port\n`,
    );
    await new Promise(resolve => other.close(resolve));
  });

  it('reports a wrong flag in one line and exits 2', async () => {
    expect(await runPortico(['strat'])).toMatchObject({
      code: 2,
      out: '',
      err: 'portico: unknown command strat; did you mean start?\n',
    });
    expect((await runPortico(['start'], { env: { PORT: 'http' } })).code).toBe(2);
  });

  it('prints its help and its version', async () => {
    expect((await runPortico([])).out).toContain('portico start');
    expect((await runPortico(['--version'])).out).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
