import { once } from 'node:events';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { getOverUnixSocket } from '../cli/unix-socket.ts';
import { startBackend, startLateBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { PorticoProcess, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { ask, Looping } from './loop.ts';

const FILE = 'routes/version.get.ts';
const version = (n: number): string => route(`'/version', { handler: () => 'version ${n}' }`);
const BROKEN = route("'/version', { handlr: () => 'broken' }");

const onlyTwoHundreds = (outcomes: Record<string, number>): void => {
  expect(Object.keys(outcomes)).toEqual(['200']);
  expect(outcomes['200']).toBeGreaterThan(20);
};

describe('a reload by SIGHUP', () => {
  it('fails no request of clients with and without persistent connections', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using portico = startPortico('start', ['--workers', '2', '--dir', project.dir]);
    const { url, generation } = await portico.ready();
    expect(generation).toBe(1);
    const clients = [true, true, false, false].map(keepAlive => new Looping(`${url}/version`, { keepAlive }));
    for (const n of [2, 3, 4]) {
      const seen = clients.map(client => client.sees(`version ${n}`));
      await project.write(FILE, version(n));
      portico.child.kill('SIGHUP');
      expect((await portico.event('reloaded')).generation).toBe(n);
      await Promise.all(seen);
    }
    for (const client of clients) onlyTwoHundreds(await client.stop());
  });

  it('serves no client with an idle connection from the old workers', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using portico = startPortico('start', ['--workers', '1', '--dir', project.dir]);
    const { url } = await portico.ready();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask(`${url}/version`, agent)).toMatchObject({ body: 'version 1', connection: 'keep-alive' });
    await project.write(FILE, version(2));
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect(await ask(`${url}/version`, agent)).toMatchObject({ body: 'version 2', connection: 'keep-alive' });
    agent.destroy();
  });

  it('completes the requests of the old workers', async () => {
    await using late = await startLateBackend();
    await using project = await createProject({
      'routes/slow.get.ts': route(`'/slow', { proxy: '${late.url}/slow' }`),
    });
    await using portico = startPortico('start', ['--workers', '1', '--dir', project.dir]);
    const { url } = await portico.ready();
    const slow = fetch(`${url}/slow`);
    await late.arrived;
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    late.release();
    expect(await (await slow).text()).toBe('late');
  });

  it('closes the old workers’ WebSockets and event streams, whose clients reconnect to the new workers', async () => {
    await using backend = await startBackend((req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`data: ${req.url}\n\n`);
    });
    const sockets = new WebSocketServer({ server: backend.server });
    sockets.on('connection', (socket, { url }) => socket.send(`${url}`));
    const files = (n: number): Record<string, string> => ({
      'routes/chat.get.ts': route(`'/chat', { proxy: '${backend.url}/${n}' }`),
      'routes/events.get.ts': route(`'/events', { proxy: '${backend.url}/${n}' }`),
    });
    await using project = await createProject(files(1));
    await using portico = startPortico('start', ['--workers', '1', '--dir', project.dir]);
    const { url } = await portico.ready();
    const join = async (): Promise<{ readonly greeting: string; readonly closed: Promise<unknown[]> }> => {
      const client = new WebSocket(`${url.replace('http', 'ws')}/chat`);
      const closed = once(client, 'close');
      return { greeting: String((await once(client, 'message'))[0]), closed };
    };
    const before = await join();
    const events = await fetch(`${url}/events`);
    for (const [file, text] of Object.entries(files(2))) await project.write(file, text);
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect((await before.closed)[0]).toBe(1001);
    expect(await events.text()).toBe('data: /1\n\n');
    expect([before.greeting, (await join()).greeting]).toEqual(['/1', '/2']);
  });

  it('keeps the old workers when the new files are broken', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using portico = startPortico('start', ['--workers', '2', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const client = new Looping(`${url}/version`, { keepAlive: true });
    await client.sees('version 1');
    await project.write(FILE, BROKEN);
    portico.child.kill('SIGHUP');
    expect(await portico.event('refused')).toMatchObject({ generation: 1, failure: { kind: 'definition' } });
    expect(portico.err).toContain(`P121  ${FILE}:2:`);
    expect(await (await fetch(`${adminUrl}/readyz`)).json()).toMatchObject({
      status: 'ready',
      generation: 1,
      workers: 2,
    });
    const mended = client.sees('version 3');
    await project.write(FILE, version(3));
    portico.child.kill('SIGHUP');
    expect((await portico.event('reloaded')).generation).toBe(2);
    await mended;
    onlyTwoHundreds(await client.stop());
  });

  it('works on a Unix socket', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    const path = join(project.dir, 'portico.sock');
    const args = ['--workers', '2', '--admin-port', '0', '--json', '--dir', project.dir, '--listen', `unix:${path}`];
    await using portico = new PorticoProcess(['start', ...args]);
    expect((await portico.ready()).url).toBe(`unix:${path}`);
    expect(await getOverUnixSocket(path, '/version')).toBe('version 1');
    await project.write(FILE, version(2));
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    // The old workers accept no more connections, so this one belongs to the new workers.
    expect(await getOverUnixSocket(path, '/version')).toMatch(/^version [12]$/);
    expect((await portico.stop()).code).toBe(0);
  });
});

describe('portico dev', () => {
  it('loads a saved file without a failed request', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using portico = startPortico('dev', ['--dir', project.dir]);
    const { url } = await portico.ready();
    const clients = [true, false].map(keepAlive => new Looping(`${url}/version`, { keepAlive }));
    for (const n of [2, 3, 4]) {
      const seen = clients.map(client => client.sees(`version ${n}`));
      await project.write(FILE, version(n));
      expect((await portico.event('reloaded')).generation).toBe(n);
      await Promise.all(seen);
    }
    for (const client of clients) onlyTwoHundreds(await client.stop());
  });

  it('notices new files, new folders, and files that routes import', async () => {
    await using project = await createProject({
      'text.ts': "export const text = 'version 1';",
      [FILE]: `import { text } from '../text.ts';\n${route("'/version', { handler: () => text }")}`,
    });
    await using portico = startPortico('dev', ['--dir', project.dir]);
    const { url } = await portico.ready();
    const client = new Looping(`${url}/version`, { keepAlive: false });
    const seen = client.sees('version 2');
    await project.write('text.ts', "export const text = 'version 2';");
    await portico.event('reloaded');
    await seen;
    await client.stop();
    await project.write('routes/deep/er/new.get.ts', route("'/deep/er/new', { handler: () => 'new' }"));
    expect((await portico.event('reloaded')).generation).toBe(3);
    await project.write('routes/deep/er/new.get.ts', route("'/deep/er/new', { handler: () => 'newer' }"));
    expect((await portico.event('reloaded')).generation).toBe(4);
  });

  it('reports a broken edit, keeps the last good routes, and reports the recovery', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    const args = ['dev', '--dir', project.dir, '--port', '0', '--admin-port', '0'];
    await using portico = new PorticoProcess(args);
    const banner = await portico.printed('1 route');
    const port = /localhost:(\d+)/.exec(banner)?.[1];
    const complained = new Promise<void>(resolve => {
      portico.child.stderr?.on('data', () => {
        if (portico.err.includes('generation 1 goes on')) resolve();
      });
    });
    await project.write(FILE, BROKEN);
    await complained;
    expect(portico.err).toContain('P121');
    expect(await (await fetch(`http://127.0.0.1:${port}/version`)).text()).toBe('version 1');
    await project.write(FILE, version(2));
    expect(await portico.printed('generation 2')).toContain('reloaded, generation 2');
  });

  it('starts over when a file is saved while workers load', async () => {
    await using project = await createProject({ [FILE]: version(1) });
    await using portico = startPortico('dev', ['--dir', project.dir]);
    const { url } = await portico.ready();
    const hanging = `console.log('{"event":"hanging"}');\nawait new Promise(() => {});\n${version(2)}`;
    await project.write(FILE, hanging);
    await portico.event('hanging');
    await project.write(FILE, version(3));
    expect((await portico.event('reloaded')).generation).toBe(2);
    expect(await (await fetch(`${url}/version`)).text()).toBe('version 3');
  });

  it('waits at its start until a broken project is fixed', async () => {
    await using project = await createProject({ [FILE]: BROKEN });
    await using portico = startPortico('dev', ['--dir', project.dir]);
    expect(await portico.event('refused')).toMatchObject({ generation: 0 });
    await project.write(FILE, version(1));
    const { url } = await portico.ready();
    expect(await (await fetch(`${url}/version`)).text()).toBe('version 1');
  });

  it('validates proxied responses, unlike production', async () => {
    await using backend = await startBackend((_req, res) => {
      res.setHeader('content-type', 'application/json').end('{"qty":"many"}');
    });
    const checked = route(`'/stock', {
  proxy: '${backend.url}/stock',
  response: { type: 'object', properties: { qty: { type: 'integer' } } },
}`);
    await using project = await createProject({ 'routes/stock.get.ts': checked });
    await using portico = startPortico('dev', ['--dir', project.dir]);
    const { url } = await portico.ready();
    expect((await fetch(`${url}/stock`)).status).toBe(502);
  });
});
