import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../src/core/failure.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { RevalidationBudget } from '../../../src/policies/cache/fetch/background-revalidation.ts';
import { startBackend } from '../../support/backend.ts';
import { cacheBench } from '../../support/cache-bench.ts';
import { exchange, textReply } from '../../support/exchange.ts';
import { route, startGateway } from '../../support/gateway.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Client {
  readonly head: Promise<IncomingHttpHeaders>;
  readonly firstByte: Promise<string>;
  readonly response: Promise<Answer>;
  leave(): void;
}

const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });

function client(url: string, headers: Record<string, string> = {}): Client {
  const head = Promise.withResolvers<IncomingHttpHeaders>();
  const firstByte = Promise.withResolvers<string>();
  const response = Promise.withResolvers<Answer>();
  for (const each of [head, firstByte, response]) each.promise.catch(() => {});
  const req = request(url, { agent, headers }, res => {
    head.resolve(res.headers);
    let body = '';
    res.setEncoding('utf8').on('data', chunk => {
      body += chunk;
      firstByte.resolve(chunk);
    });
    res.on('end', () => response.resolve({ status: res.statusCode ?? 0, headers: res.headers, body }));
    res.on('error', response.reject);
  });
  req.on('error', error => {
    for (const each of [head, firstByte, response]) each.reject(error);
  });
  req.end();
  return {
    head: head.promise,
    firstByte: firstByte.promise,
    response: response.promise,
    leave: () => void req.destroy(),
  };
}

const herd = (count: number, url: string, headers?: (i: number) => Record<string, string>) =>
  Array.from({ length: count }, (_, i) => client(url, headers?.(i)));

describe('concurrent equal requests', () => {
  it.each([200, 1_000])('(%i) make one call, and every client reads along before the body ends', async count => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using backend = await startBackend(async (_req, res) => {
      res.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Type': 'application/octet-stream' });
      res.write('first half, ');
      ask();
      await mayEnd;
      res.end('second half');
    });
    await using gateway = await startGateway({
      'routes/page.get.ts': route(`'/page', { proxy: '${backend.url}', cache: {} }`),
    });
    const clients = herd(count, `${gateway.url}/page`);
    await asked;
    // Only the first half can have been sent by then.
    expect(new Set(await Promise.all(clients.map(({ firstByte }) => firstByte)))).toEqual(new Set(['first half, ']));
    end();
    const responses = await Promise.all(clients.map(({ response }) => response));
    expect(new Set(responses.map(({ body }) => body))).toEqual(new Set(['first half, second half']));
    expect(backend.requests).toHaveLength(1);
    expect(responses.filter(({ headers }) => headers['cache-status']?.includes('collapsed'))).toHaveLength(count - 1);
    expect((await client(`${gateway.url}/page`).response).headers['cache-status']).toContain('hit');
  });

  it('at a stale response make one call and do not wait for it', async () => {
    const { promise: mayAnswer, resolve: response } = Promise.withResolvers<void>();
    let isFirst = true;
    await using backend = await startBackend(async (_req, res) => {
      if (!isFirst) await mayAnswer;
      res.writeHead(200, { 'Cache-Control': 'max-age=0, stale-while-revalidate=60' });
      res.end(isFirst ? 'old' : 'new');
      isFirst = false;
    });
    await using gateway = await startGateway({
      'routes/page.get.ts': route(`'/page', { proxy: '${backend.url}', cache: {} }`),
    });
    await client(`${gateway.url}/page`).response;
    const responses = await Promise.all(herd(200, `${gateway.url}/page`).map(each => each.response));
    expect(new Set(responses.map(({ body }) => body))).toEqual(new Set(['old']));
    expect(backend.requests).toHaveLength(2);
    response();
  });

  it('with an unshareable response are released at once and do not wait again', async () => {
    const count = 100;
    let arrived = 0;
    const all = Promise.withResolvers<void>();
    let isSecond = false;
    await using backend = await startBackend(async (req, res) => {
      arrived++;
      // In the second burst no response is sent before every request has arrived, so no request may wait for another
      // one.
      if (isSecond) {
        if (arrived === count) all.resolve();
        await all.promise;
      }
      res.setHeader('Cache-Control', 'private');
      res.end(`for ${req.headers.cookie}`);
    });
    await using gateway = await startGateway({
      'services.ts': `import { defineService } from 'portico';
        export const me = defineService('me', { targets: ['${backend.url}'], concurrency: 256 });\n`,
      'routes/me.get.ts': `import { me } from '#services';\n${route(`'/me', { proxy: me, cache: { ttl: '1m' } }`)}`,
    });
    const burst = () =>
      herd(count, `${gateway.url}/me`, i => ({ cookie: `user=${i}` })).map(({ response }) => response);
    const expected = Array.from({ length: count }, (_, i) => `for user=${i}`);
    expect((await Promise.all(burst())).map(({ body }) => body)).toEqual(expected);
    // One shared call, then one for each client.
    expect(arrived).toBe(count + 1);
    isSecond = true;
    arrived = 0;
    expect((await Promise.all(burst())).map(({ body }) => body)).toEqual(expected);
    expect(arrived).toBe(count);
  });

  it('are split by Vary: one call for each variant', async () => {
    const languages = ['de', 'fr', 'it'];
    await using backend = await startBackend((req, res) => {
      setImmediate(() => {
        res.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language' });
        res.end(req.headers['accept-language']);
      });
    });
    await using gateway = await startGateway({
      'routes/page.get.ts': route(`'/page', { proxy: '${backend.url}', cache: {} }`),
    });
    const language = (i: number) => languages[i % 3] ?? '';
    const clients = herd(150, `${gateway.url}/page`, i => ({ 'accept-language': language(i) }));
    const responses = await Promise.all(clients.map(({ response }) => response));
    expect(responses.map(({ body }) => body)).toEqual(responses.map((_, i) => language(i)));
    expect(backend.requests).toHaveLength(3);
  });

  it('are served in full when the first client disconnects in the middle of the body', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    await using backend = await startBackend(async (_req, res) => {
      res.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': 10 });
      res.write('01234');
      await mayEnd;
      res.end('56789');
    });
    await using gateway = await startGateway({
      'routes/page.get.ts': route(`'/page', { proxy: '${backend.url}', cache: {} }`),
    });
    const first = client(`${gateway.url}/page`);
    await first.firstByte;
    const second = client(`${gateway.url}/page`);
    await second.firstByte;
    first.leave();
    await expect(first.response).rejects.toThrow();
    end();
    expect((await second.response).body).toBe('0123456789');
    expect((await client(`${gateway.url}/page`).response).headers['cache-status']).toContain('hit');
    expect(backend.requests).toHaveLength(1);
  });

  it('make one call to a backend that fails', async () => {
    const { promise: mayFail, resolve: fail } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using backend = await startBackend(async (_req, res) => {
      ask();
      await mayFail;
      res.writeHead(503).end('overloaded');
    });
    await using gateway = await startGateway({
      'routes/page.get.ts': route(
        `'/page', { proxy: '${backend.url}', cache: { ttl: '1m' }, fallback: { sorry: true } }`,
      ),
      'routes/bare.get.ts': route(`'/bare', { proxy: '${backend.url}', cache: { ttl: '1m' } }`),
    });
    const clients = herd(50, `${gateway.url}/page`);
    const bare = herd(50, `${gateway.url}/bare`);
    await asked;
    await expect.poll(() => backend.requests.length).toBe(2);
    // By now every client waits for the two calls.
    await Promise.all([client(`${gateway.url}/none`).response, client(`${gateway.url}/none`).response]);
    fail();
    const responses = await Promise.all(clients.map(({ response }) => response));
    expect(new Set(responses.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['200 {"sorry":true}']));
    const statuses = (await Promise.all(bare.map(({ response }) => response))).map(({ status }) => status);
    expect(statuses.filter(status => status === 503)).toHaveLength(50);
    expect(backend.requests).toHaveLength(2);
  });

  it('are served in full if the response is too large to be stored', async () => {
    const size = 3 * 1024 * 1024;
    await using backend = await startBackend((_req, res) => {
      res.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Type': 'application/octet-stream' });
      for (let sent = 0; sent < size; sent += 65_536) res.write('x'.repeat(65_536));
      res.end();
    });
    await using gateway = await startGateway({
      'routes/big.get.ts': route(`'/big', { proxy: '${backend.url}', cache: {} }`),
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ cache: { memory: '20MB' } });\n`,
    });
    const responses = await Promise.all(herd(10, `${gateway.url}/big`).map(({ response }) => response));
    for (const { body } of responses) expect(body.length).toBe(size);
    expect((await client(`${gateway.url}/big`).response).headers['cache-status']).not.toContain('hit');
  });
});

describe('coalesced requests whose backend fails', () => {
  it.each([408, 425, 429, 500, 502, 503, 504])(
    'get its %i with Retry-After and send no calls of their own',
    async status => {
      const made = cacheBench();
      const { promise, resolve } = Promise.withResolvers<Reply>();
      made.response = () => promise;
      const herd = Array.from({ length: 20 }, async () => made.ask());
      resolve(textReply('', { 'Retry-After': '7' }, status));
      const said = await Promise.all(
        herd.map(each =>
          each.then(
            reply => [reply.status, reply.headers.get('retry-after')],
            (failure: GatewayError) => [
              failure.status,
              new HeaderList(failure.details.headers ?? []).get('retry-after'),
            ],
          ),
        ),
      );
      expect(said).toEqual(Array.from({ length: 20 }, () => [status, '7']));
      expect(made.asked).toHaveLength(1);
    },
  );
});

describe('a service that hangs', () => {
  it('does not delay the background revalidation of other services', async () => {
    const refreshes = new RevalidationBudget(3, () => 0);
    const make = (service: string) => cacheBench({ policy: { swrMs: 600_000, service }, refreshes });
    const [hanging, well] = [make('hanging'), make('well')];
    for (const made of [hanging, well]) {
      for (let i = 0; i < 10; i++) await made.ask(exchange({ path: `/${i}` }));
      made.clock.advance(31_000);
      made.asked.length = 0;
    }
    hanging.response = () => new Promise(() => {});
    for (let i = 0; i < 10; i++) await hanging.ask(exchange({ path: `/${i}` }));
    expect(hanging.asked).toHaveLength(3);
    for (let i = 0; i < 10; i++) {
      await well.ask(exchange({ path: `/${i}` }));
      await new Promise(setImmediate);
    }
    expect(well.asked).toHaveLength(10);
  });
});
