import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { echo, type Seen } from '../support/echo.ts';
import { route } from '../support/gateway.ts';
import { exchangeRaw, openRaw, parsed, textOf } from '../support/raw.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway, own } = testResources();

const to = (...urls: readonly string[]) => ({
  'routes/[[...path]].ts': route(`{
    proxy: defineService('shop', { targets: ${JSON.stringify(urls)}, balance: 'round-robin' }),
    retry: { attempts: 2 },
  }`),
});

const post = (path: string, body: string, ...fields: readonly string[]): string =>
  [`POST ${path} HTTP/1.1`, 'Host: shop.test', `Content-Length: ${body.length}`, ...fields, '', body].join('\r\n');

/** The bodies of responses that have a length, in the order of the responses. */
function bodiesOf(text: string): readonly string[] {
  const bodies: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const { head, body } = parsed(rest);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
    bodies.push(body.slice(0, length));
    rest = body.slice(length);
  }
  return bodies;
}

const seenBodies = (text: string): readonly string[] => bodiesOf(text).map(each => (JSON.parse(each) as Seen).body);

describe('a body in one piece with its head', () => {
  it('arrives whole, with its length', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(to(url));
    const body = 'x'.repeat(1_000);
    const text = await exchangeRaw(port, post('/orders', body, 'Connection: close'));
    const seen: Seen = JSON.parse(parsed(text).body);
    expect(seen).toMatchObject({ method: 'POST', url: '/orders', body });
    expect(seen.headers).toMatchObject({ 'content-length': '1000' });
    expect(seen.headers).not.toHaveProperty('transfer-encoding');
  });

  it('leaves the requests behind it in order, each with its own body', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(to(url));
    const last = 'GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n';
    const text = await exchangeRaw(port, post('/', 'first') + post('/', 'second') + last);
    expect(seenBodies(text)).toEqual(['first', 'second', '']);
  });

  it('is the same at the backend for any cut of the bytes', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(to(url));
    const body = 'a'.repeat(300);
    const bytes = post('/', body, 'Connection: close');
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 4 }), async cuts => {
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
        const socket = (await openRaw(port)).setNoDelay(true);
        const text = textOf(socket);
        let from = 0;
        for (const end of ends) {
          if (end > from) await new Promise(written => socket.write(bytes.slice(from, end), written));
          from = end;
        }
        expect(seenBodies(await text)).toEqual([body]);
      }),
      { numRuns: 30 },
    );
  });

  it('goes to another target if the first one breaks off', async () => {
    const broken = await backend(req => req.socket.destroy());
    const sound = await backend(echo);
    const { port } = await gateway(to(broken.url, sound.url));
    const put = post('/', 'order', 'Connection: close').replace('POST', 'PUT');
    for (let i = 0; i < 4; i++) expect(seenBodies(await exchangeRaw(port, put))).toEqual(['order']);
    expect(broken.requests.length).toBeGreaterThan(0);
  });

  it('beyond the limit of the route is 413, and no backend is called', async () => {
    const { url, requests } = await backend(echo);
    const { port } = await gateway({
      'routes/small.post.ts': route(`{ proxy: '${url}', limits: { body: '10B' } }`),
    });
    const text = await exchangeRaw(port, post('/small', 'x'.repeat(11), 'Connection: close'));
    expect(parsed(text).status).toBe(413);
    expect(requests).toHaveLength(0);
  });

  it('that the client sent without waiting for a 100 Continue is passed on', async () => {
    const { url } = await backend(echo);
    const { port } = await gateway(to(url));
    const text = await exchangeRaw(port, post('/', 'now', 'Expect: 100-continue', 'Connection: close'));
    expect(text).toMatch(/^HTTP\/1\.1 (100 Continue\r\n\r\nHTTP\/1\.1 )?200/);
    expect(text).toContain('"body":"now"');
  });
});

it('a request has no body with a length of 00', async () => {
  const { url } = await backend(echo);
  const { port } = await gateway(to(url));
  const bytes = 'POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 00\r\nConnection: close\r\n\r\n';
  expect(seenBodies(await exchangeRaw(port, bytes))).toEqual(['']);
});

describe('requests that Node parses in one turn, because a server listens to the bytes of its sockets', () => {
  const listening = async (url: string): Promise<number> => {
    const { gateway: made } = await gateway(to(url));
    const server = createServer(made.handler);
    made.attach(server);
    server.on('connection', socket => socket.on('data', () => undefined));
    own({ [Symbol.asyncDispose]: async () => void server.closeAllConnections() });
    own({ [Symbol.asyncDispose]: () => new Promise<void>(closed => server.close(() => closed())) });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const last = 'DELETE /x HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n';

  it('get their responses in order', async () => {
    const { url } = await backend(echo);
    const text = await exchangeRaw(await listening(url), post('/1', 'first') + post('/2', 'second') + last);
    expect(bodiesOf(text).map(each => (JSON.parse(each) as Seen).url)).toEqual(['/1', '/2', '/x']);
  });

  it('are not executed behind a rejected one, whose rest they may be', async () => {
    const { url, requests } = await backend(echo);
    const text = await exchangeRaw(await listening(url), post('/1', 'hi', 'Bad_Name: 1') + last);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(requests).toHaveLength(0);
  });
});

describe('a body that comes after its head', () => {
  it('streams: the backend has its beginning before the client sends the rest', async () => {
    const begun = Promise.withResolvers<void>();
    const listener: RequestListener = (req, res) => {
      req.once('data', () => begun.resolve());
      echo(req, res);
    };
    const { url } = await backend(listener);
    const { port } = await gateway(to(url));
    const socket = await openRaw(port);
    const text = textOf(socket);
    const bytes = post('/', 'beginning and end', 'Connection: close');
    socket.write(bytes.slice(0, -' and end'.length));
    await begun.promise;
    socket.write(' and end');
    expect(seenBodies(await text)).toEqual(['beginning and end']);
  });
});
