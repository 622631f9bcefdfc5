import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseList } from 'structured-headers';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { deadAddress } from '../support/backend.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

type Respond = (req: IncomingMessage, res: ServerResponse) => void;

const ok: Respond = (_req, res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"name":"Lantern"}');

/** A route with a part of each definition, which calls the service at the url. */
const page = (parts: Readonly<Record<string, readonly [url: string, definition: string]>>, options = '') => `
  import { defineRoute, defineService, type } from 'portico';
  ${Object.entries(parts)
    .map(([name, [url]]) => `const ${name} = defineService('${name}', { targets: ['${url}'], retry: false });`)
    .join('\n')}
  export default defineRoute({
    ${options}
    aggregate: {
      ${Object.entries(parts)
        .map(([name, [, more]]) => `${name}: { from: ${name}\`/\`, response: type<unknown>(), ${more} },`)
        .join('\n')}
    },
    reply: parts => ({ ...parts }),
  });`;

describe('a required part', () => {
  it.each([400, 401, 403, 404, 409, 410, 422, 429])('gives its refusal to the whole response: %i', async status => {
    const { url } = await backend((_req, res) => res.writeHead(status, { 'Retry-After': '7' }).end());
    const { url: door } = await gateway({ 'routes/page.get.ts': page({ one: [url, ''] }) });
    const { body, headers } = await request(door).get('/page').expect(status);
    expect(body.code).toBe('upstream.refused');
    expect(headers['retry-after']).toBe(status === 429 ? '7' : undefined);
    expect(headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
  });

  it('gives its challenges with a 401', async () => {
    const fields = { 'WWW-Authenticate': ['Basic realm="shop"', 'Bearer realm="api"'] };
    const { url } = await backend((_req, res) => res.writeHead(401, fields).end());
    const { url: door } = await gateway({ 'routes/page.get.ts': page({ one: [url, ''] }) });
    const { headers } = await request(door).get('/page').expect(401);
    expect(headers['www-authenticate']).toBe('Basic realm="shop", Bearer realm="api"');
  });

  it.each([402, 405, 406, 407, 412, 415, 418, 426, 451])('makes any other refusal a 502: %i', async status => {
    const { url } = await backend((_req, res) => res.writeHead(status).end());
    const { url: door } = await gateway({ 'routes/page.get.ts': page({ one: [url, ''] }) });
    expect((await request(door).get('/page').expect(502)).body.code).toBe('upstream.status');
  });
});

describe('a response that lacks a part', () => {
  it('names it, and the parts with a fallback, and is not stored', async () => {
    const good = await backend(ok);
    const dead = await deadAddress();
    const { url } = await gateway({
      'routes/page.get.ts': page({
        product: [good.url, ''],
        stock: [dead, 'optional: true'],
        seller: [dead, "fallback: { name: 'unknown' }"],
      }),
      'routes/whole.get.ts': page({ whole: [good.url, 'optional: true'] }),
    });
    const { body, headers } = await request(url).get('/page').expect(200);
    expect(body).toEqual({ product: { name: 'Lantern' }, seller: { name: 'unknown' } });
    expect(headers['cache-control']).toBe('no-store');
    const parts = new Map(parseList(headers['portico-parts'] ?? '').map(([name, about]) => [`${name}`, about]));
    expect(`${parts.get('stock')?.get('absent')}`).toBe('unreachable');
    expect(parts.get('seller')?.get('fallback')).toBe(true);
    expect(parts.size).toBe(2);
    expect((await request(url).get('/whole').expect(200)).headers).not.toHaveProperty('portico-parts');
  });

  it('names parts of any name, and one that left itself out is no lack', async () => {
    const dead = await deadAddress();
    const { url } = await gateway({
      'routes/page.get.ts': `
        import { defineRoute, defineService, type } from 'portico';
        const dead = defineService('dead', { targets: ['${dead}'], retry: false });
        const part = { from: dead\`/\`, response: type<unknown>(), optional: true } as const;
        export default defineRoute({
          aggregate: { 'naïve': part, '7 of 9': part, $x: part, left: { ...part, from: () => false } },
          reply: () => 1,
        });`,
    });
    const { headers } = await request(url).get('/page').expect(200);
    const names = parseList(headers['portico-parts'] ?? '').map(([name]) => `${name}`);
    expect(new Set(names)).toEqual(new Set(['naïve', '7 of 9', '$x']));
  });
});

describe('a part that the response can do without', () => {
  it('is ended before it makes all of it late, and its call is aborted', async () => {
    const good = await backend(ok);
    const aborted: string[] = [];
    const hung = await backend((req, res) => void res.on('close', () => aborted.push(req.url ?? '')));
    const { url } = await gateway({
      'routes/page.get.ts': page(
        {
          product: [good.url, ''],
          stock: [hung.url, 'optional: true'],
          seller: [hung.url, "fallback: 'unknown', cache: { ttl: '1m' }"],
        },
        "timeout: '1s',",
      ),
    });
    const { body, headers } = await request(url).get('/page').expect(200);
    expect(body).toEqual({ product: { name: 'Lantern' }, seller: 'unknown' });
    expect(headers['portico-parts']).toContain('stock;absent=timeout');
    // The call of a stored response goes on for the next client.
    await expect.poll(() => aborted).toEqual(['/']);
    // A required part has all of the time, and then the response is late.
    const required = page({ product: [hung.url, ''] }, "timeout: '200ms',");
    const { url: late } = await gateway({ 'routes/page.get.ts': required });
    await request(late).get('/page').expect(504);
  });
});
