import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../src/core/failure.ts';
import { ReplayedStream } from '../../src/recordings/replayed-stream.ts';
import { startBackend } from '../support/backend.ts';
import { FakeClock } from '../support/clock.ts';
import { route, startGateway } from '../support/gateway.ts';
import { proxyOf, recordingTest } from '../support/recording.ts';

const textAt = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();

/** Lines of the gateway for a developer. */
async function saidOnStderr(work: () => Promise<void>): Promise<readonly string[]> {
  const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await work();
    return lines.mock.calls.map(([line]) => String(line));
  } finally {
    lines.mockRestore();
  }
}

describe('a replay', () => {
  it('opens no connection and looks up no name', async () => {
    const connections: string[] = [];
    const listener = createServer(socket => {
      connections.push('connected');
      socket.destroy();
    });
    const backend = await startBackend((_req, res) => res.end('recorded'));
    const project = (target: string) => ({
      'services.ts': `import { defineService } from 'portico';
        export const copy = defineService('copy', { targets: ['${target}'], health: { path: '/health', interval: '20ms' } });
        export const api = defineService('api', { targets: ['${target}'], mirror: { to: copy },
          health: { path: '/health', interval: '20ms' }, hedge: { after: '1ms', max: '100%' } });
        export const named = defineService('named', { targets: { dns: 'http://api.test:1' } });`,
      'routes/a.get.ts': `import { api } from '#services';\n${route('{ proxy: api }')}`,
      'routes/b.get.ts': `import { named } from '#services';\n${route('{ proxy: named }')}`,
    });
    await using test = await recordingTest(project(backend.url));
    const live = await test.live();
    expect(await textAt(`${live.url}/a`)).toBe('recorded');
    await live[Symbol.asyncDispose]();
    const port = Number(new URL(backend.url).port);
    await backend[Symbol.asyncDispose]();
    await new Promise<void>(resolve => listener.listen(port, '127.0.0.1', resolve));
    const names: string[] = [];
    const lookup = (name: string) => {
      names.push(name);
      return Promise.resolve([]);
    };
    const replay = await test.replay({ resolver: { addresses: lookup, services: lookup } });
    for (let i = 0; i < 5; i++) expect(await textAt(`${replay.url}/a`)).toBe('recorded');
    await saidOnStderr(async () => expect((await fetch(`${replay.url}/b`)).status).toBe(501));
    await replay[Symbol.asyncDispose]();
    await new Promise(resolve => listener.close(resolve));
    expect({ connections, names }).toEqual({ connections: [], names: [] });
    // What a mirror got is the other service's business.
    expect([...(await test.files()).keys()].filter(name => name.startsWith('copy/'))).toEqual([]);
  });

  it('follows the writes of its client, and begins anew with each start', async () => {
    const items: string[] = [];
    const backend = await startBackend((req, res) => {
      if (req.method === 'POST') items.push('item');
      if (req.method === 'DELETE') items.length = 0;
      res.setHeader('Cache-Control', 'no-store').end(`${req.method} ${items.length}`);
    });
    await using test = await recordingTest(proxyOf(backend.url));
    const shop = async (url: string) => {
      const said: string[] = [];
      for (const method of ['GET', 'POST', 'GET', 'GET', 'POST', 'GET', 'DELETE', 'GET'])
        said.push(await textAt(`${url}/cart`, { method }));
      return said;
    };
    const live = await test.live();
    const said = await shop(live.url);
    expect(said).toEqual(['GET 0', 'POST 1', 'GET 1', 'GET 1', 'POST 2', 'GET 2', 'DELETE 0', 'GET 0']);
    await live[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    for (const _start of [1, 2]) {
      await using replay = await test.replay();
      expect(await shop(replay.url)).toEqual(said);
    }
  });

  it('names a request without a recording, and the nearest ones', async () => {
    const backend = await startBackend((_req, res) => res.end('recorded'));
    await using test = await recordingTest(proxyOf(backend.url));
    const live = await test.live();
    for (const path of ['/carts/7?full=1', '/carts/8', '/products']) await textAt(live.url + path);
    await live[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    const lines = await saidOnStderr(async () => {
      await using replay = await test.replay();
      const response = await fetch(`${replay.url}/carts/7?token=abc`);
      expect(response.status).toBe(501);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('portico-replay')).toBe('yes');
      const problem = (await response.json()) as { readonly code: string; readonly detail: string };
      expect(problem.code).toBe('replay.not_recorded');
      expect(problem.detail).toBe(
        'No recording of GET api /carts/7?token=redacted; recorded: GET api /carts/7?full=1; GET api /carts/8; ' +
          'GET api /products; `portico record` records it',
      );
      const long = await fetch(`${replay.url}/carts/7`, { method: 'POST', body: Buffer.alloc(5 * 1024 * 1024) });
      expect(long.status).toBe(501);
    });
    expect(lines).toEqual([
      expect.stringMatching(/^portico: No recording of GET api \/carts\/7\?token=redacted; /),
      'portico: A request with a body of that length is never recorded\n',
    ]);
  });

  it('has a failed part where an optional one has no recording', async () => {
    const backend = await startBackend((req, res) => {
      res.setHeader('Content-Type', 'application/json').end(JSON.stringify({ url: req.url }));
    });
    const project = {
      'services.ts': `import { defineService } from 'portico';
        export const api = defineService('api', { targets: ['${backend.url}'] });`,
      'routes/page.get.ts': `import { defineRoute, type } from 'portico'; import { api } from '#services';
        export default defineRoute({
          aggregate: {
            main: { from: () => api\`/main\`, response: type<{ url: string }>() },
            extra: { from: c => api\`/\${c.query.get("extra")}\`, optional: true,
              response: type<{ url: string }>() },
          },
          reply: ({ main, extra }) => ({ main, extra: extra ?? null }),
        });`,
    };
    await using test = await recordingTest(project);
    const live = await test.live();
    expect(await textAt(`${live.url}/page?extra=one`)).toBe('{"main":{"url":"/main"},"extra":{"url":"/one"}}');
    await live[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    await saidOnStderr(async () => {
      await using replay = await test.replay();
      const response = await fetch(`${replay.url}/page?extra=two`);
      expect(await response.text()).toBe('{"main":{"url":"/main"},"extra":null}');
      expect(response.headers.get('portico-replay')).toBe('yes');
      expect(response.headers.get('portico-parts')).toContain('extra');
    });
  });

  it('serves nothing from files with mistakes, and reports all of them', async () => {
    const backend = await startBackend((req, res) => res.end(req.url));
    await using test = await recordingTest(proxyOf(backend.url));
    const live = await test.live();
    for (const path of ['/a', '/b', '/c']) await textAt(live.url + path);
    await live[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    const [a = '', b = '', c = ''] = [...(await test.files()).keys()];
    const text = (await test.files()).get(a) ?? '';
    await writeFile(join(test.folder, a), `${text.slice(0, 40)}`);
    await writeFile(join(test.folder, b), text.replace('"portico": 1', '"portico": 7'));
    await writeFile(join(test.folder, 'copy.json'), (await test.files()).get(c) ?? '');
    await writeFile(join(test.folder, 'recordings.json'), '{"portico":1,"redact":"all"}');
    const error = await test.replay().catch((thrown: unknown) => thrown);
    const lines = (error instanceof Error ? error.message : '').split('\n');
    expect(lines[0]).toBe(`5 mistakes in the recordings of ${test.folder}`);
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^ {2}api\/get-a\.\w+\.json:4:\d+: is no JSON: it ends early$/),
      `  ${b}  /portico: is version 7, and this Portico reads 1; update Portico, or record anew`,
      `  copy.json  /request: is the request of ${c}, too; remove one of the files`,
      '  recordings.json  /keepHeaders: is required',
      '  recordings.json  /redact: must be array',
      '  → correct the files, or remove them and run `portico record`',
    ]);
  });

  it('needs recordings', async () => {
    const project = proxyOf('http://127.0.0.1:1');
    const error = await startGateway(project, { recordings: { use: 'replay' } }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^recordings has no recordings to replay; `portico record`/),
    });
  });
});

describe('a replayed stream', () => {
  const events = [
    { wait: 200, text: 'a' },
    { wait: 60_000, text: 'b' },
  ];

  it('keeps the recorded pauses up to a second', async () => {
    const clock = new FakeClock();
    const { body } = new ReplayedStream(clock, events, true);
    const parts: string[] = [];
    const end = body.pipe({
      write: chunk => parts.push(String(chunk)) > 0,
      end: () => undefined,
      onDrain: () => undefined,
      onClose: () => undefined,
    });
    clock.advance(199);
    expect(parts).toEqual([]);
    clock.advance(1);
    expect(parts).toEqual(['a']);
    clock.advance(999);
    expect(parts).toEqual(['a']);
    clock.advance(1);
    expect(parts).toEqual(['a', 'b']);
    expect(await end).toBe('complete');
  });

  it('leaves no timer behind a reader that left', () => {
    const clock = new FakeClock();
    const { body } = new ReplayedStream(clock, events, false);
    body.cancel(new GatewayError('client.gone', 'left'));
    expect(clock.waiting).toBe(0);
  });
});
