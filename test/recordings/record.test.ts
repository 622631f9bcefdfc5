import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startBackend, startLateBackend, type TestBackend } from '../support/backend.ts';
import { exchangeRaw } from '../support/raw.ts';
import { proxyOf, recordingTest } from '../support/recording.ts';
import { openWebSocket, startWebSocketBackend } from '../support/web-socket.ts';

type Listener = Parameters<typeof startBackend>[0];

async function recorded(listener: Listener, ask: (url: string, backend: TestBackend) => Promise<unknown>) {
  const backend = await startBackend(listener);
  const test = await recordingTest(proxyOf(backend.url));
  const live = await test.live();
  await ask(live.url, backend);
  await live[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
  return Object.assign(test, { backend });
}

const textAt = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();

describe('a recording', () => {
  it('replays status, repeated fields, every byte and the trailers', async () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80, 0x0a]);
    await using test = await recorded(
      (req, res) => {
        if (req.url === '/trailers') {
          res.writeHead(200, { Trailer: 'X-Sum', 'Content-Type': 'text/plain' });
          res.write('with ');
          res.addTrailers({ 'X-Sum': '7' });
          res.end('trailers');
          return;
        }
        res.writeHead(418, ['Link', '</a>', 'Link', '</b>', 'X-Latin', 'caf\xe9', 'Content-Type', 'image/x-none']);
        res.end(bytes);
      },
      async url => {
        await textAt(`${url}/bytes`);
        await textAt(`${url}/trailers`);
      },
    );
    await using replay = await test.replay();
    const response = await fetch(`${replay.url}/bytes`);
    expect(response.status).toBe(418);
    expect(response.headers.get('link')).toBe('</a>, </b>');
    expect(response.headers.get('x-latin')).toBe('caf\xe9');
    expect(response.headers.get('portico-replay')).toMatch(/^api\/get-bytes\.\w+\.json$/);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    const head = 'GET /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(replay.port, head)).toMatch(/with trailers[\s\S]*x-sum: 7/i);
  });

  it('has the whole response for a client that asked for a part or has a copy', async () => {
    const seen: unknown[] = [];
    await using test = await recorded(
      (req, res) => {
        seen.push(req.headers['if-none-match'], req.headers.range);
        res.setHeader('ETag', '"1"').end('whole');
      },
      url => textAt(`${url}/a`, { headers: { 'if-none-match': '"1"', range: 'bytes=0-1' } }),
    );
    expect(seen).toEqual([undefined, undefined]);
    const { responses } = await test.recording('api/get-a.');
    expect(responses).toMatchObject([{ status: 200, body: { text: 'whole' } }]);
  });

  it('keeps the condition of a write', async () => {
    await using test = await recorded(
      (req, res) => res.writeHead(req.headers['if-match'] === '"1"' ? 412 : 200).end(),
      url => textAt(`${url}/a`, { method: 'PUT', headers: { 'if-match': '"1"' }, body: 'new' }),
    );
    expect((await test.recording('api/put-a.')).responses).toMatchObject([{ status: 412 }]);
  });

  it('is readable although the backend compresses, and replays for a client that accepts nothing', async () => {
    await using test = await recorded(
      (_req, res) => {
        res.writeHead(200, {
          'Content-Type': 'text/plain',
          'Content-Encoding': 'gzip',
          ETag: '"1"',
          Vary: 'Accept-Encoding',
        });
        res.end(gzipSync('a readable text'));
      },
      url => textAt(`${url}/a`),
    );
    const { request, responses } = await test.recording('api/get-a.');
    expect(request.headers).toBeUndefined();
    expect(responses).toMatchObject([
      { headers: expect.arrayContaining(['ETag: W/"1"']), body: { text: 'a readable text' } },
    ]);
    await using replay = await test.replay();
    const head = 'GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(replay.port, head)).toContain('\r\n\r\na readable text');
  });

  it('has a file for each value of what the responses vary by', async () => {
    await using test = await recorded(
      (req, res) => res.setHeader('Vary', 'Accept-Language, Cookie').end(req.headers['accept-language']),
      async url => {
        for (const language of ['de', 'en']) await textAt(`${url}/a`, { headers: { 'accept-language': language } });
        await textAt(`${url}/a`, { headers: { 'accept-language': 'de', cookie: 'sid=7' } });
      },
    );
    const { request } = await test.recording('api/get-a.');
    expect(request.headers).toMatchObject({ 'accept-language': expect.stringMatching(/^(?:de|en)$/) });
    expect([...(await test.files()).keys()].filter(name => name.startsWith('api/'))).toHaveLength(3);
    await using replay = await test.replay();
    const said = (headers: Record<string, string>) => fetch(`${replay.url}/a`, { headers });
    expect(await (await said({ 'accept-language': 'en' })).text()).toBe('en');
    expect(await (await said({ 'accept-language': 'de', cookie: 'another=8' })).text()).toBe('de');
    const missing = await said({ 'accept-language': 'fr' });
    expect(missing.status).toBe(501);
    expect(await missing.text()).toContain('accept-language: de');
  });

  it('has the response that the chain gets, not that of an attempt that was repeated', async () => {
    await using good = await startBackend((_req, res) => res.end('good'));
    await using bad = await startBackend((_req, res) => res.writeHead(503).end('bad'));
    const services = proxyOf(bad.url, good.url)['services.ts']?.replace(' })', ', retry: { attempts: 3 } })') ?? '';
    await using test = await recordingTest({ ...proxyOf(), 'services.ts': services });
    const live = await test.live();
    for (let i = 0; i < 4; i++) expect(await textAt(`${live.url}/a`)).toBe('good');
    await live[Symbol.asyncDispose]();
    expect(bad.requests.length).toBeGreaterThan(0);
    const { responses } = await test.recording('api/get-a.');
    expect(responses).toMatchObject([{ status: 200, body: { text: 'good' } }]);
  });

  it('has the response of the faster target of a hedged call', async () => {
    await using slow = await startLateBackend();
    await using fast = await startBackend((_req, res) => res.end('fast'));
    const services = proxyOf(slow.url, fast.url)['services.ts']?.replace(
      ' })',
      ", balance: 'round-robin', hedge: { after: '10ms', max: '100%' } })",
    );
    await using test = await recordingTest({ ...proxyOf(), 'services.ts': services ?? '' });
    const live = await test.live();
    for (let i = 0; i < 2; i++) expect(await textAt(`${live.url}/a`)).toBe('fast');
    expect(slow.requests.length).toBeGreaterThan(0);
    slow.release();
    await live[Symbol.asyncDispose]();
    expect((await test.recording('api/get-a.')).responses).toMatchObject([{ position: 0, body: { text: 'fast' } }]);
  });

  it('has no response that broke off, and none of a backend that did not respond', async () => {
    await using test = await recorded(
      (req, res) => {
        if (req.url === '/ok') res.end('ok');
        else if (req.url === '/gone') req.socket.destroy();
        else {
          res.writeHead(200, { 'Content-Length': '100' });
          res.write('half');
          setImmediate(() => res.destroy());
        }
      },
      async url => {
        await textAt(`${url}/ok`);
        await textAt(`${url}/gone`);
        await textAt(`${url}/half`).catch(() => undefined);
      },
    );
    expect([...(await test.files()).keys()].map(name => name.split('.')[0])).toEqual(['api/get-ok', 'recordings']);
  });

  it('leaves out a response that is too long, and says so', async () => {
    const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await using test = await recorded(
      (_req, res) => res.end(Buffer.alloc(5 * 1024 * 1024)),
      url => textAt(`${url}/long?token=secret7`),
    );
    const said = lines.mock.calls.map(([line]) => String(line));
    lines.mockRestore();
    expect([...(await test.files()).keys()]).toEqual(['recordings.json']);
    const line = 'portico: GET api /long?token=redacted is not recorded: its response is longer than 4 MB\n';
    expect(said).toEqual([line]);
  });

  it('replaces what an earlier run recorded, and writes nothing if nothing changed', async () => {
    let text = 'first';
    await using backend = await startBackend((req, res) => res.end(req.url === '/same' ? 'same' : text));
    await using test = await recordingTest(proxyOf(backend.url));
    const run = async () => {
      const live = await test.live();
      for (const path of ['/same', '/other', '/other']) await textAt(live.url + path);
      await live[Symbol.asyncDispose]();
      const names = [...(await test.files()).keys()];
      return Object.fromEntries(
        await Promise.all(
          names.map(async name => [name.split('.')[0], (await stat(join(test.folder, name), { bigint: true })).ino]),
        ),
      );
    };
    const before = await run();
    text = 'second';
    const after = await run();
    expect(after['api/get-same']).toBe(before['api/get-same']);
    expect(after.recordings).toBe(before.recordings);
    expect(after['api/get-other']).not.toBe(before['api/get-other']);
    expect((await test.recording('api/get-other.')).responses).toMatchObject([{ body: { text: 'second' } }]);
    expect([...(await test.files()).keys()].filter(name => name.endsWith('.part'))).toEqual([]);
  });
});

describe('the secrets of a recording', () => {
  const SECRET = 'zQ7vX2kP9mW4';
  const JWT = (secret: string) => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.${secret}`;

  /** Requests with a secret in every place. */
  async function ask(url: string, port: number, secret: string): Promise<readonly number[]> {
    const headers = {
      authorization: `Bearer ${secret}`,
      cookie: `sid=${secret}; theme=${secret}`,
      'x-api-key': secret,
      'x-customer': secret,
      'x-any': secret,
    };
    const form = new FormData();
    form.set('password', secret);
    form.set('name', 'Ada');
    const requests: [string, RequestInit?][] = [
      [`/json?access_token=${secret}&page=2`, { headers }],
      [`/reset/${JWT(secret)};session=${secret}`, { headers }],
      [
        '/login',
        {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ user: 'ada', deep: [{ clientSecret: { value: secret } }] }),
        },
      ],
      ['/login', { method: 'POST', headers, body: new URLSearchParams({ user: 'ada', password: secret }) }],
      ['/login', { method: 'POST', headers, body: form }],
      ['/events', { headers }],
      ['/lines', { headers }],
    ];
    const statuses: number[] = [];
    for (const [path, init] of requests) {
      const response = await fetch(url + path, init);
      statuses.push(response.status);
      await response.text();
    }
    const socket = await openWebSocket(port, `/ws?ticket_token=${secret}`);
    socket.send(JSON.stringify({ token: secret }));
    await once(socket, 'message');
    socket.close();
    await once(socket, 'close');
    return statuses;
  }

  it('are in no byte that is written, and their requests are found with other ones', async () => {
    const events = [`data: {"token":"${SECRET}"}\n`, `\ndata: Bearer ${SECRET}`, '\n\n'];
    await using backend = await startWebSocketBackend();
    backend.server.removeAllListeners('request');
    backend.server.on('request', (req, res) => {
      res.setHeader('Set-Cookie', [`sid=${SECRET}; Path=/; HttpOnly`, `csrf=${SECRET}`]);
      res.setHeader('X-Auth-Token', SECRET);
      res.setHeader('X-Note', `token=${SECRET}`);
      res.setHeader('Link', `</next?access_token=${SECRET}>; rel="next"`);
      res.setHeader('Vary', 'Cookie, Authorization, X-Api-Key, X-Customer, X-Any');
      const type =
        req.url === '/events'
          ? 'text/event-stream'
          : req.url === '/lines'
            ? 'application/x-ndjson'
            : 'application/json';
      res.setHeader('Content-Type', type);
      // A secret may stand in two chunks.
      if (req.url === '/events') for (const part of events) res.write(part);
      else if (req.url === '/lines') res.write(`{"a":1}\n{"session":"${SECRET}"}\n`);
      else
        res.write(JSON.stringify({ a: [{ refreshToken: SECRET, note: `in ${JWT(SECRET)}` }], customerNumber: SECRET }));
      req.resume().on('end', () => res.end());
    });
    backend.sockets.on('connection', socket =>
      socket.on('message', () => {
        socket.send(JSON.stringify({ secret: SECRET }));
        socket.close(4000, `token=${SECRET}`);
      }),
    );
    await using test = await recordingTest(proxyOf(backend.url));
    const live = await test.live({ redact: ['customerNumber'], keepHeaders: ['x-any'] });
    const statuses = await ask(live.url, live.port, 'anotherSecret');
    expect(await ask(live.url, live.port, SECRET)).toEqual(statuses);
    await live[Symbol.asyncDispose]();
    const files = await test.files();
    expect(files.size).toBeGreaterThan(7);
    // A team let this one through.
    expect([...files.values()].filter(text => text.includes(`"x-any": "${SECRET}"`)).length).toBeGreaterThan(0);
    const written = [...files].flat().join('\n').replaceAll(`"x-any": "${SECRET}"`, '');
    expect(written).not.toContain(SECRET);
    expect(written).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 12));
    expect(written).toContain('sid=redacted; Path=/; HttpOnly');
    expect(written).toContain('"user": "ada"');

    await backend.kill();
    await using replay = await test.replay();
    expect(await ask(replay.url, replay.port, SECRET)).toEqual(statuses);
    const missing = await fetch(`${replay.url}/json?access_token=x&page=3`);
    expect(missing.status).toBe(501);
  });

  it('that a team named in one run are secrets in the next one, too', async () => {
    await using backend = await startBackend((_req, res) =>
      res.setHeader('Content-Type', 'application/json').end('{"iban":"x7"}'),
    );
    await using test = await recordingTest(proxyOf(backend.url));
    for (const redact of [['IBAN'], []]) {
      const live = await test.live({ redact });
      await textAt(`${live.url}/a`);
      await live[Symbol.asyncDispose]();
      expect((await test.recording('api/get-a.')).responses).toMatchObject([{ body: { json: { iban: 'redacted' } } }]);
    }
  });
});

describe('streams', () => {
  it('are recorded until the client leaves, and stay open at a replay', async () => {
    const backend = await startBackend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write('id: 1\ndata: a\n\nid: 2\nda');
      res.write('ta: b\n\n');
    });
    const read = async (url: string) => {
      const controller = new AbortController();
      const response = await fetch(`${url}/events`, { signal: controller.signal });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (!text.includes('data: b\n\n')) text += (await reader?.read())?.value ?? '';
      controller.abort();
      return text;
    };
    await using test = await recordingTest(proxyOf(backend.url));
    const live = await test.live();
    const said = await read(live.url);
    await live[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    const { responses } = await test.recording('api/get-events.');
    expect(responses).toMatchObject([{ events: [{ text: 'id: 1\ndata: a\n\n' }, { text: 'id: 2\ndata: b\n\n' }] }]);
    expect(responses[0]).not.toHaveProperty('ends');
    await using replay = await test.replay();
    expect(await read(replay.url)).toBe(said);
  });

  it.each([
    ['lines', 'application/x-ndjson', Array.from({ length: 1_500 }, (_, i) => `{"i":${i}}\n`)],
    ['long lines', 'application/x-ndjson', Array.from({ length: 60 }, () => `"${'x'.repeat(100_000)}"\n`)],
    ['events', 'text/event-stream', Array.from({ length: 1_500 }, (_, i) => `data: ${i}\n\n`)],
  ])(
    'with too many %s are left out whole where their backend ends them, and a line says so',
    async (_, type, parts) => {
      const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      await using test = await recorded(
        (_req, res) => res.setHeader('Content-Type', type).end(parts.join('')),
        async url => expect(await textAt(`${url}/all`)).toBe(parts.join('')),
      );
      const said = lines.mock.calls.map(([line]) => String(line));
      lines.mockRestore();
      expect([...(await test.files()).keys()]).toEqual(['recordings.json']);
      expect(said).toEqual([
        'portico: GET api /all is not recorded: its response is longer than 1,000 parts or 4 MB\n',
      ]);
    },
  );

  it('with as many parts as a recording holds end at a replay', async () => {
    const all = Array.from({ length: 1_000 }, (_, i) => `{"i":${i}}\n`).join('');
    await using test = await recorded(
      (_req, res) => res.setHeader('Content-Type', 'application/x-ndjson').end(all),
      url => textAt(`${url}/all`),
    );
    expect((await test.recording('api/get-all.')).responses).toMatchObject([{ ends: true }]);
    await using replay = await test.replay();
    expect(await textAt(`${replay.url}/all`)).toBe(all);
  });

  it('of events without an end are cut, and a line says so', async () => {
    const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const all = Array.from({ length: 1_500 }, (_, i) => `data: ${i}\n\n`).join('');
    await using test = await recorded(
      (_req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        res.write(all);
      },
      async url => {
        const controller = new AbortController();
        const response = await fetch(`${url}/events`, { signal: controller.signal });
        const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        while (text.length < all.length) text += (await reader?.read())?.value ?? '';
        controller.abort();
      },
    );
    const said = lines.mock.calls.map(([line]) => String(line));
    lines.mockRestore();
    const { responses } = await test.recording('api/get-events.');
    expect(responses[0]?.events).toHaveLength(1_000);
    expect(responses[0]).not.toHaveProperty('ends');
    expect(said).toEqual(['portico: GET api /events is cut behind 1,000 parts or 4 MB, and its replay stays open\n']);
  });
});

describe('a compressed body', () => {
  const secret = JSON.stringify({ password: 'zQ7vX2kP9mW4' });
  it.each([
    ['too long', 'gzip', gzipSync(secret + ' '.repeat(5 * 1024 * 1024))],
    ['cut off', 'gzip', gzipSync(secret).subarray(0, -6)],
    ['of another encoding', 'rot13', Buffer.from(secret)],
  ])('that is %s is not written', async (_, encoding, bytes) => {
    const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await using test = await recorded(
      (_req, res) => {
        res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': encoding });
        res.end(bytes);
      },
      url => exchangeRaw(Number(new URL(url).port), 'GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    );
    const said = lines.mock.calls.map(([line]) => String(line));
    lines.mockRestore();
    expect([...(await test.files()).keys()]).toEqual(['recordings.json']);
    expect(said).toEqual([
      'portico: GET api /big is not recorded: its response cannot be decompressed to 4 MB or less\n',
    ]);
  });

  it('of a request is not written', async () => {
    const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await using test = await recorded(
      (_req, res) => res.end('ok'),
      url => textAt(`${url}/in`, { method: 'POST', headers: { 'content-encoding': 'gzip' }, body: gzipSync(secret) }),
    );
    const said = lines.mock.calls.map(([line]) => String(line));
    lines.mockRestore();
    expect([...(await test.files()).keys()]).toEqual(['recordings.json']);
    expect(said).toEqual(['portico: POST api /in is not recorded: its body is compressed\n']);
  });
});

describe('a recorded WebSocket', () => {
  const messagesOf = (socket: WebSocket) => {
    const texts: string[] = [];
    socket.on('message', data => texts.push(String(data)));
    return texts;
  };

  async function chat(port: number): Promise<{ readonly texts: readonly string[]; readonly code: unknown }> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, 'chat.v1');
    const texts = messagesOf(socket);
    const closed = once(socket, 'close');
    await once(socket, 'open');
    for (const [i, text] of ['one', 'two', 'three'].entries()) {
      await expect.poll(() => texts.length, { interval: 5 }).toBe(i + 1);
      socket.send(text);
    }
    const [code] = await closed;
    return { texts: [...texts, socket.protocol], code };
  }

  it('responds to the messages of its client in their order', async () => {
    const backend = await startWebSocketBackend();
    backend.sockets.on('connection', socket => {
      socket.send('welcome');
      socket.on('message', data => {
        socket.send(`you said ${data}`);
        if (String(data) === 'three') socket.close(4001, 'bye');
      });
    });
    await using test = await recordingTest(proxyOf(backend.url));
    const live = await test.live();
    const said = await chat(live.port);
    await live[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    expect(said).toEqual({
      texts: ['welcome', 'you said one', 'you said two', 'you said three', 'chat.v1'],
      code: 4001,
    });
    const { responses } = await test.recording('api/websocket-ws.');
    expect(responses[0]?.messages).toMatchObject([
      { after: 0, text: 'welcome' },
      { after: 1, text: 'you said one' },
      { after: 2, text: 'you said two' },
      { after: 3, text: 'you said three' },
      { after: 3, close: 4001, reason: 'bye' },
    ]);
    await using replay = await test.replay();
    expect(await chat(replay.port)).toEqual(said);
  });

  it.each(['cut', 'left out'])('with too many messages is %s, and a line says so', async how => {
    const lines = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await using backend = await startWebSocketBackend();
    backend.sockets.on('connection', socket => {
      for (let i = 0; i < 1_500; i++) socket.send(String(i));
      if (how === 'left out') socket.close(1000);
    });
    await using test = await recordingTest(proxyOf(backend.url));
    const live = await test.live();
    const socket = new WebSocket(`ws://127.0.0.1:${live.port}/ws`);
    const texts = messagesOf(socket);
    const closed = once(socket, 'close');
    if (how === 'cut') {
      await expect.poll(() => texts.length, { interval: 5 }).toBe(1_500);
      socket.close();
    }
    await closed;
    await live[Symbol.asyncDispose]();
    const said = lines.mock.calls.map(([line]) => String(line));
    lines.mockRestore();
    const limit = '1,000 parts or 4 MB';
    if (how === 'left out') {
      expect(said).toEqual([`portico: WebSocket api /ws is not recorded: its response is longer than ${limit}\n`]);
      expect([...(await test.files()).keys()]).toEqual(['recordings.json']);
      return;
    }
    expect(said).toEqual([`portico: WebSocket api /ws is cut behind ${limit}, and its replay stays open\n`]);
    expect((await test.recording('api/websocket-ws.')).responses[0]?.messages).toHaveLength(1_000);
  });
});
