import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { client, ResponseError } from '../../src/client/index.ts';
import { echo, type Seen } from '../support/echo.ts';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

/** What `portico types` would write, by hand. */
interface Contract<Response, Params = Record<never, never>, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly response: Response;
}
interface AppRoutes {
  'GET /echo/[...path]': Contract<Seen, { path: string[] }>;
  'GET /shop/[version]/[[lang]]': Contract<Seen, { version: string; lang?: string }>;
  'POST /echo/[...path]': Contract<Seen, { path: string[] }>;
  'GET /item/[id=int]': Contract<{ id: string }, { id: string }>;
  'GET /text': Contract<string>;
  'GET /nothing': Contract<undefined>;
  'GET /bytes': Contract<unknown>;
  'GET /gone': Contract<unknown>;
  'POST /orders': Contract<{ taken: number }, Record<never, never>, unknown, { count: number }>;
}

const FILES = (url: string) => ({
  'routes/_matchers.ts': `export const int = (text: string) => /^\\d+$/.test(text);`,
  'routes/echo/[...path].ts': route(`{ proxy: '${url}' }`),
  'routes/shop/[version]/[[lang]].get.ts': route(`{ proxy: '${url}' }`),
  'routes/item/[id=int].get.ts': route(`{ handler: c => ({ id: c.params.id }) }`),
  'routes/text.get.ts': route(`{ handler: () => 'plain' }`),
  'routes/nothing.get.ts': route(`{ handler: () => undefined }`),
  'routes/bytes.get.ts': route(
    `{ handler: () => new Response(Uint8Array.of(1, 2, 3), { headers: { 'content-type': 'image/x-icon' } }) }`,
  ),
  'routes/gone.get.ts': route(`{ handler: () => new Response('<p>gone', { status: 410 }) }`),
  'routes/orders.post.ts': route(`{
    body: { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } } as const,
    handler: c => ({ taken: c.body.count }),
  }`),
});

async function shop() {
  const { url: backendUrl } = await backend(echo);
  const { url } = await gateway(FILES(backendUrl));
  return client<AppRoutes>({ baseUrl: url });
}

describe('the client', () => {
  it('fills params, sends the query, and returns the JSON of the response', async () => {
    const call = await shop();
    const seen = await call('GET /echo/[...path]', {
      params: { path: ['a b', 'ü', 7] },
      query: { tag: ['x', 'y'], none: undefined, page: 2n, empty: null },
    });
    expect(seen.url).toBe('/echo/a%20b/%C3%BC/7?tag=x&tag=y&page=2&empty=');
  });

  it('leaves out an optional segment, and takes a number for a text', async () => {
    const call = await shop();
    expect((await call('GET /shop/[version]/[[lang]]', { params: { version: '2', lang: 'de' } })).url).toBe(
      '/shop/2/de',
    );
    expect((await call('GET /shop/[version]/[[lang]]', { params: { version: 2 } })).url).toBe('/shop/2');
  });

  it('knows a matcher as a part of the address only', async () => {
    const call = await shop();
    expect(await call('GET /item/[id=int]', { params: { id: 12n } })).toEqual({ id: '12' });
  });

  it('returns text as a string, no content as undefined, and other bytes as a Blob', async () => {
    const call = await shop();
    expect(await call('GET /text')).toBe('plain');
    expect(await call('GET /nothing')).toBeUndefined();
    expect(await ((await call('GET /bytes')) as Blob).bytes()).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('sends JSON, in which a bigint keeps its digits', async () => {
    const call = await shop();
    const seen = await call('POST /echo/[...path]', { params: { path: ['x'] }, body: { id: 2n ** 63n - 1n } });
    expect(seen.body).toBe('{"id":9223372036854775807}');
    expect(seen.headers['content-type']).toBe('application/json');
  });

  it.each<[string, () => unknown, string, RegExp]>([
    ['a form', () => new URLSearchParams({ a: '1' }), 'a=1', /^application\/x-www-form-urlencoded/],
    ['bytes', () => new TextEncoder().encode('raw'), 'raw', /^$/],
    ['a stream', () => new Blob(['streamed']).stream(), 'streamed', /^$/],
  ])('sends %s as it is', async (_what, body, text, type) => {
    const call = await shop();
    const seen = await call('POST /echo/[...path]', { params: { path: ['x'] }, body: body() });
    expect(seen.body).toBe(text);
    expect(seen.headers['content-type'] ?? '').toMatch(type);
  });

  it('sends the headers of the client and of the call, the nearest of each name', async () => {
    const { url: backendUrl } = await backend(echo);
    const { url } = await gateway(FILES(backendUrl));
    let asked = 0;
    const call = client<AppRoutes>({ baseUrl: `${url}/`, headers: () => ({ 'x-a': `${++asked}`, 'x-b': 'client' }) });
    const seen = await call('GET /echo/[...path]', { params: { path: ['x'] }, headers: { 'x-b': 'call' } });
    expect(seen.headers).toMatchObject({ 'x-a': '1', 'x-b': 'call', accept: 'application/json' });
  });

  it('replaces a header in any case', async () => {
    const call = await shop();
    const headers = { 'Content-Type': 'application/merge-patch+json', ACCEPT: 'text/csv' };
    const seen = await call('POST /echo/[...path]', { params: { path: ['x'] }, body: {}, headers });
    expect(seen.headers).toMatchObject({ 'content-type': 'application/merge-patch+json', accept: 'text/csv' });
  });

  it('rejects in place of throwing, for `raw` too', async () => {
    const call = (await shop()) as { raw(key: string): Promise<Response> };
    expect(await call.raw('GET /item/[id=int]').catch(error => error)).toBeInstanceOf(TypeError);
  });

  it('throws a ResponseError with the problem, whose mistakes have pointers', async () => {
    const call = await shop();
    const error = await call('POST /orders', { body: { count: 1.5 } }).catch(thrown => thrown);
    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toMatchObject({ status: 422, problem: { errors: [{ pointer: '/count' }] } });
    expect(error.message).toMatch(/^POST \/orders responded 422: /);
  });

  it('throws a ResponseError without a problem where the response is none, and leaves its body unread', async () => {
    const call = await shop();
    const error = (await call('GET /gone').catch(thrown => thrown)) as ResponseError;
    expect(error).toMatchObject({ name: 'ResponseError', status: 410, problem: undefined });
    expect(await error.response.text()).toBe('<p>gone');
  });

  it('gives the response itself on request, of any status', async () => {
    const call = await shop();
    expect((await call.raw('GET /gone')).status).toBe(410);
  });

  it('ends a call by its signal', async () => {
    const call = await shop();
    await expect(call('GET /text', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });

  it.each<[string, string[]]>([
    ['..', ['..']],
    ['.', ['a', '.']],
    ['an empty segment', ['']],
    ['no segment at all', []],
  ])('refuses a param that would change the path: %s', async (_what, path) => {
    const call = await shop();
    await expect(call('GET /echo/[...path]', { params: { path } })).rejects.toThrow(TypeError);
  });

  it('sends any text of a param as one segment', async () => {
    const sent: string[] = [];
    const call = client<AppRoutes>({
      baseUrl: 'http://gateway.test',
      fetch: async input => {
        sent.push(String(input));
        return Response.json({ id: '' });
      },
    });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1 }), async id => {
        fc.pre(id !== '.' && id !== '..' && id.isWellFormed());
        await call('GET /item/[id=int]', { params: { id } });
        const { pathname, search, hash } = new URL(sent.at(-1) ?? '');
        expect([pathname.split('/').map(decodeURIComponent), search, hash]).toEqual([['', 'item', id], '', '']);
      }),
    );
  });

  it('names the missing param, and what a query cannot carry', async () => {
    // As JavaScript would call it, without the types.
    const call = (await shop()) as (key: string, options?: object) => Promise<unknown>;
    await expect(call('GET /item/[id=int]')).rejects.toThrow('/item/[id=int] needs the param "id"');
    await expect(call('GET /text', { query: { filter: { a: 1 } } })).rejects.toThrow('"filter" is a text');
    await expect(call('GET /echo/[...path]', { params: { path: 'a' } })).rejects.toThrow('an array of segments');
  });
});
