import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createZstdDecompress } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decoded } from '../support/decode.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, get, openRaw, parsed } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';
import { everythingTo, serviceTo, TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

const TEXT = 'the same words again and again; '.repeat(400);
const MEGABYTE = 1024 * 1024;

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  readonly bytes: Buffer;
}

/** A request whose response is not decoded automatically. */
async function ask(url: string, fields: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  const req = request(url, { method, headers: { 'Accept-Encoding': 'gzip, br, zstd', ...fields } });
  req.end();
  const [res] = await once(req, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk);
  return { status: res.statusCode, headers: res.headers, trailers: res.trailers, bytes: Buffer.concat(chunks) };
}

describe.each(TRANSPORTS)('a response that came over %s', transport => {
  const to = (url: string, policies?: string) => gateway(everythingTo(url, transport, policies));

  it('is sent in the content encoding that the client prefers', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', ETag: '"v1"', 'Content-Length': TEXT.length });
      res.end(TEXT);
    });
    const door = await to(url);
    for (const [accept, encoding] of [
      ['gzip, br, zstd', 'zstd'],
      ['gzip, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0.1, gzip', 'gzip'],
    ]) {
      const { headers, bytes } = await ask(door.url, { 'Accept-Encoding': accept ?? '' });
      expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding', etag: 'W/"v1"' });
      expect(headers['content-length']).toBeUndefined();
      expect(decoded(encoding, bytes).toString()).toBe(TEXT);
      expect(bytes.length).toBeLessThan(TEXT.length / 10);
    }
    const plain = await ask(door.url, { 'Accept-Encoding': 'identity' });
    expect(plain.headers).toMatchObject({ etag: '"v1"', vary: 'Accept-Encoding', 'content-length': `${TEXT.length}` });
    expect(plain.bytes.toString()).toBe(TEXT);
    const head = await ask(door.url, {}, 'HEAD');
    expect(head.headers).toMatchObject({ 'content-encoding': 'zstd', etag: 'W/"v1"', vary: 'Accept-Encoding' });
    expect([head.headers['content-length'], head.bytes.length]).toEqual([undefined, 0]);
  });

  it('stays as it is if the backend encoded it itself, since Accept-Encoding is passed on', async () => {
    const { gzipSync } = await import('node:zlib');
    const { url, requests } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip', ETag: '"v1"' });
      res.end(gzipSync(TEXT));
    });
    const door = await to(url);
    const { headers, bytes } = await ask(door.url);
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', etag: '"v1"' });
    expect(decoded('gzip', bytes).toString()).toBe(TEXT);
    expect(requests[0]?.headers['accept-encoding']).toBe('gzip, br, zstd');
  });

  it('keeps its trailers', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Sum' });
      res.write(TEXT);
      res.addTrailers({ 'X-Sum': '7' });
      res.end();
    });
    const { trailers, bytes } = await ask((await to(url)).url, { TE: 'trailers' });
    expect(trailers).toMatchObject({ 'x-sum': '7' });
    expect(decoded('zstd', bytes).toString()).toBe(TEXT);
  });

  it('is streamed chunk by chunk', async () => {
    const sent = Promise.withResolvers<(piece: string) => void>();
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/html' });
      sent.resolve(piece => (piece === '' ? res.end() : res.write(piece)));
    });
    const req = request((await to(url)).url, { headers: { 'Accept-Encoding': 'zstd' } });
    req.end();
    const send = await sent.promise;
    send('<p>one');
    const [res] = await once(req, 'response');
    const text = res.pipe(createZstdDecompress());
    let read = '';
    text.on('data', (chunk: Buffer) => {
      read += chunk.toString();
    });
    await expect.poll(() => read).toBe('<p>one');
    send('<p>two');
    await expect.poll(() => read).toBe('<p>one<p>two');
    send('');
    await once(text, 'end');
  });

  it('is truncated for the client if the backend truncates it', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': MEGABYTE });
      res.write(TEXT);
      setTimeout(() => res.destroy(), 100);
    });
    const { port } = await to(url);
    const response = await exchangeRaw(port, get('/', 'Accept-Encoding: gzip')).catch(() => 'reset');
    expect(response).not.toMatch(/\r\n0\r\n\r\n$/);
    await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it('follows the pace of its reader, and is aborted at the backend when the client disconnects', async () => {
    const { randomBytes } = await import('node:crypto');
    let written = 0;
    let closed = false;
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      const more = (): void => {
        while (!closed && res.write(randomBytes(65_536))) written += 65_536;
      };
      res.on('drain', more);
      res.on('close', () => {
        closed = true;
      });
      more();
    });
    const { port } = await to(url);
    const socket = await openRaw(port);
    socket.write(get('/', 'Accept-Encoding: br'));
    await once(socket, 'readable');
    // Until the socket buffers are full and nothing moves any more.
    let before = -1;
    await expect
      .poll(
        () => {
          const still = written === before;
          before = written;
          return still;
        },
        { interval: 300, timeout: 10_000 },
      )
      .toBe(true);
    await delay(200);
    expect(written).toBeLessThan(64 * MEGABYTE);
    expect(closed).toBe(false);
    socket.destroy();
    await expect.poll(() => closed).toBe(true);
  });

  it('is requested without encoding for the cache, and has Vary for caches behind the gateway', async () => {
    const { url, requests } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', ETag: '"v1"', 'Cache-Control': 'max-age=60' });
      res.end(TEXT);
    });
    const door = await to(url, ', cache: {}');
    for (const [i, accept] of ['gzip', 'br', 'zstd', 'br'].entries()) {
      const { headers, bytes } = await ask(door.url, { 'Accept-Encoding': accept });
      expect(headers).toMatchObject({ 'content-encoding': accept, vary: 'Accept-Encoding', etag: 'W/"v1"' });
      // The first response is encoded while it is streamed, a stored one at once.
      expect(headers['content-length']).toBe(i === 0 ? undefined : String(bytes.length));
      expect(decoded(accept, bytes).toString()).toBe(TEXT);
    }
    expect(requests.map(req => req.headers['accept-encoding'])).toEqual(['identity']);
    const known = await ask(door.url, { 'If-None-Match': 'W/"v1"' });
    expect(known.status).toBe(304);
    expect(known.headers).toMatchObject({ vary: 'Accept-Encoding', etag: 'W/"v1"' });
  });

  it('is not compressed next to secrets', async () => {
    const { url } = await backend((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/html' });
      res.end(TEXT);
    });
    const { url: door } = await gateway({
      'services.ts': `import { defineService } from 'portico';\nexport const s = ${serviceTo([url], transport)};\n`,
      'routes/silent.get.ts': `import { s } from '#services';\n${route('{ proxy: s }')}`,
      'routes/all/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ compress: true });\n`,
      'routes/all/some.get.ts': `import { s } from '#services';\n${route('{ proxy: s }')}`,
      'routes/all/none.get.ts': `import { s } from '#services';\n${route('{ proxy: s, compress: false }')}`,
    });
    const codingOf = async (path: string, fields = {}) => (await ask(door + path, fields)).headers['content-encoding'];
    const Cookie = 'session=ann';
    expect(await codingOf('/silent')).toBe('zstd');
    expect(await codingOf('/silent', { Cookie })).toBeUndefined();
    expect(await codingOf('/all/some', { Cookie })).toBe('zstd');
    expect(await codingOf('/all/none')).toBeUndefined();
  });
});

describe('a response generated by the gateway', () => {
  it('is compressed for every kind of route', async () => {
    const { url } = await backend((_req, res) => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ text: TEXT }));
    });
    const { url: door } = await gateway({
      'web/page.html': TEXT,
      'routes/web/[...file].get.ts': route("'/web/[...file]', { static: { dir: 'web' } }"),
      'routes/handler.get.ts': route(`'/handler', { handler: () => ({ text: ${JSON.stringify(TEXT)} }) }`),
      'routes/page.get.ts': route(`'/page', {
        aggregate: { one: { from: defineService('one', { targets: ['${url}'] })\`/one\`,
          response: type<{ text: string }>() } },
        reply: parts => parts.one,
      }`),
    });
    for (const path of ['/web/page.html', '/handler', '/page']) {
      const { headers, bytes } = await ask(door + path);
      expect([path, headers['content-encoding']]).toEqual([path, 'zstd']);
      expect(decoded('zstd', bytes).toString()).toContain(TEXT);
    }
    const { headers } = await ask(`${door}/web/page.html`);
    expect(headers['accept-ranges']).toBeUndefined();
    const part = await ask(`${door}/web/page.html`, { Range: 'bytes=0-4' });
    expect([part.status, part.headers['content-encoding'], part.bytes.toString()]).toEqual([206, undefined, 'the s']);
    expect((await ask(`${door}/web/page.html`, { 'If-None-Match': headers.etag ?? '' })).status).toBe(304);
  });

  it('is an uncompressed problem if a request fails', async () => {
    const { port } = await gateway({ 'routes/a.get.ts': route(`{ proxy: 'http://127.0.0.1:1' }`) });
    const { head, status } = parsed(await exchangeRaw(port, get('/a', 'Accept-Encoding: gzip')));
    expect(status).toBe(502);
    expect(head).not.toMatch(/content-encoding/i);
  });
});
