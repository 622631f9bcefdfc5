import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { formatFor } from '../../src/handlers/stream-format.ts';
import { FakeClock } from '../support/clock.ts';
import { startGatedBackend } from '../support/gated-backend.ts';
import { metric } from '../support/metric.ts';
import { testResources } from '../support/resources.ts';

const { own, gateway } = testResources();

const page = (url: string, parts: string, more = '') => `
  import { defineRoute, defineService, type } from 'portico';
  const s = defineService('s', { targets: ['${url}'], retry: false, breaker: false });
  export default defineRoute({
    stream: true,
    timeout: '2s',
    aggregate: { ${parts} },
    ${more}
  });`;

const part = (name: string, options = '') => `${name}: { from: s\`/${name}\`, response: type<any>(), ${options} },`;

async function served(parts: string, more = '', options = {}) {
  const backend = own(await startGatedBackend());
  const door = await gateway({ 'routes/page.get.ts': page(backend.url, parts, more) }, options);
  return { backend, door, url: `${door.url}/page` };
}

/** The response to a GET, and a function that waits for its next line. */
async function opened(url: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(url, { headers });
  return { response, ...reading(response) };
}

function reading(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const end = text.indexOf('\n');
      if (end >= 0) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return line;
      }
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return undefined;
      text += chunk.value;
    }
  };
  return { next, leave: () => reader?.cancel() };
}

async function linesAt(url: string): Promise<readonly unknown[]> {
  const text = await (await fetch(url)).text();
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
}

describe('a streamed aggregate', () => {
  it('sends each part as soon as it is there, whatever the order of their declaration', async () => {
    const { backend, url } = await served(part('slow') + part('fast'));
    backend.respond('/fast', { price: 1 });
    const { response, next } = await opened(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('vary')).toMatch(/\baccept\b/i);
    expect(await next()).toBe('{"part":"fast","value":{"price":1}}');
    backend.respond('/slow', [2]);
    expect(await next()).toBe('{"part":"slow","value":[2]}');
    expect(await next()).toBe('{"done":true}');
    expect(await next()).toBeUndefined();
  });

  it('is an event stream for a client that prefers one', async () => {
    const { backend, url } = await served(part('slow') + part('fast'));
    backend.respond('/fast', 1);
    const { response, next } = await opened(url, { accept: 'text/event-stream' });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect([await next(), await next()]).toEqual(['data: {"part":"fast","value":1}', '']);
    backend.respond('/slow', 2);
    expect([await next(), await next()]).toEqual(['data: {"part":"slow","value":2}', '']);
    expect([await next(), await next(), await next()]).toEqual(['data: {"done":true}', '', undefined]);
  });

  it('keeps the digits of large integers', async () => {
    const { backend, url } = await served(part('order'));
    backend.respond('/order', '{"id":9007199254740993}');
    const { next } = await opened(url);
    expect(await next()).toBe('{"part":"order","value":{"id":9007199254740993}}');
  });

  it('sends a dependent part when it is there, behind what it depends on', async () => {
    const { backend, url } = await served(
      `${part('cart')}price: {
        dependsOn: ['cart'], from: (c, { cart }) => s\`/price/\${cart.id}\`, response: type<number>() },${part('other')}`,
    );
    backend.respond('/cart', { id: 'c7' });
    const { next } = await opened(url);
    expect(await next()).toBe('{"part":"cart","value":{"id":"c7"}}');
    await backend.arrived('/price/c7');
    backend.respond('/other', 0);
    expect(await next()).toBe('{"part":"other","value":0}');
    backend.respond('/price/c7', 12);
    expect(await next()).toBe('{"part":"price","value":12}');
    expect(await next()).toBe('{"done":true}');
  });

  it('sends the items of a part with `each` as pairs, in the order of the ids', async () => {
    const { backend, url } = await served(`${part('list')}stock: {
      dependsOn: ['list'], each: ({ list }) => list, response: type<{ id: string | number; qty: number }>(),
      batch: { from: (c, ids) => s\`/stock?of=\${ids.join(',')}\`, by: item => item.id, max: 50 } },`);
    backend.respond('/list', [2, 1, 'gone', 9]);
    backend.respond('/stock?of=2%2C1%2Cgone%2C9', [
      { id: 1, qty: 5 },
      { id: 2, qty: 0 },
      { id: '9', qty: 7 },
    ]);
    expect(await linesAt(url)).toContainEqual({
      part: 'stock',
      value: [
        [2, { id: 2, qty: 0 }],
        [1, { id: 1, qty: 5 }],
        [9, { id: '9', qty: 7 }],
      ],
    });
  });

  it('marks a fallback, and says why an optional part is absent', async () => {
    const { backend, url } = await served(
      part('rating', 'fallback: { stars: 0 },') +
        part('seller', 'optional: true,') +
        part('hint', 'optional: true,').replace('from: s`/hint`', 'from: () => false') +
        part('product'),
    );
    backend.respond('/rating', 'down', 500);
    backend.respond('/seller', 'not JSON');
    backend.respond('/product', 1);
    const lines = await linesAt(url);
    expect(lines).toHaveLength(5);
    expect(lines).toEqual(
      expect.arrayContaining([
        { part: 'rating', value: { stars: 0 }, fallback: true },
        { part: 'seller', absent: 'invalid' },
        { part: 'hint', absent: 'skipped' },
        { part: 'product', value: 1 },
      ]),
    );
    expect(lines.at(-1)).toEqual({ done: true });
  });

  it('is complete without a slow optional part, which is ended after 85 % of the time', async () => {
    const clock = new FakeClock();
    const { backend, url, door } = await served(part('product') + part('stock', 'optional: true,'), '', { clock });
    backend.respond('/product', 1);
    const { next } = await opened(url);
    expect(await next()).toBe('{"part":"product","value":1}');
    await backend.arrived('/stock');
    clock.advance(1_700);
    expect(await next()).toBe('{"part":"stock","absent":"timeout"}');
    expect(await next()).toBe('{"done":true}');
    expect(await next()).toBeUndefined();
    expect(await metric(door.gateway, 'portico_fallback_total', { reason: 'upstream.timeout' })).toBe(1);
  });

  it('has the status of a required part that fails before any value was sent', async () => {
    const { backend, url } = await served(part('product') + part('slow') + part('seller', 'optional: true,'));
    backend.respond('/seller', 'down', 500);
    backend.respond('/product', 'none', 404);
    const response = await fetch(url);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'upstream.refused' });
    await backend.left('/slow');
  });

  it('says in its last lines that a required part failed later, and ends the other calls', async () => {
    const { backend, url } = await served(part('first') + part('needed') + part('third'));
    backend.respond('/first', 1);
    const { next } = await opened(url);
    expect(await next()).toBe('{"part":"first","value":1}');
    await backend.arrived('/third');
    backend.respond('/needed', 'down', 503);
    expect(await next()).toBe('{"part":"needed","error":{"code":"upstream.status","status":502}}');
    expect(await next()).toBe('{"done":false}');
    expect(await next()).toBeUndefined();
    await backend.left('/third');
  });

  it('ends by the timeout of the route, which bounds the whole stream', async () => {
    const clock = new FakeClock();
    const { backend, url } = await served(part('first') + part('needed'), '', { clock });
    backend.respond('/first', 1);
    const { next } = await opened(url);
    expect(await next()).toBe('{"part":"first","value":1}');
    await backend.arrived('/needed');
    clock.advance(2_000);
    expect(await next()).toBe('{"part":"needed","error":{"code":"upstream.timeout","status":504}}');
    expect(await next()).toBe('{"done":false}');
    await backend.left('/needed');
  });

  it('says that a value of a part is no JSON', async () => {
    const { backend, url } = await served(`${part('first')}odd: {
      dependsOn: ['first'], from: s\`/odd\`,
      response: { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: NaN }) } } },`);
    backend.respond('/first', 1);
    backend.respond('/odd', 1);
    expect((await linesAt(url)).slice(1)).toEqual([
      { part: 'odd', error: { code: 'reply.invalid', status: 500 } },
      { done: false },
    ]);
  });

  it('is complete if all parts are optional and absent', async () => {
    const { backend, url } = await served(part('one', 'optional: true,') + part('two', 'optional: true,'));
    backend.respond('/one', 'down', 500);
    backend.respond('/two', 'none', 404);
    const lines = await linesAt(url);
    expect(lines.slice(0, 2)).toEqual(
      expect.arrayContaining([
        { part: 'one', absent: 'status' },
        { part: 'two', absent: 'refused' },
      ]),
    );
    expect(lines.slice(2)).toEqual([{ done: true }]);
  });

  it('ends every call when the client leaves', async () => {
    const { backend, url } = await served(part('first') + part('second') + part('third', 'optional: true,'));
    backend.respond('/first', 1);
    const { next, leave } = await opened(url);
    expect(await next()).toBe('{"part":"first","value":1}');
    await Promise.all([backend.arrived('/second'), backend.arrived('/third')]);
    await leave();
    await Promise.all([backend.left('/second'), backend.left('/third')]);
  });

  it.each(['application/x-ndjson', 'text/event-stream'])('is whole when the gateway closes (%s)', async accept => {
    const { backend, door, url } = await served(part('first') + part('second'));
    backend.respond('/first', 1);
    const { next } = await opened(url, { accept });
    expect(await next()).toContain('{"part":"first","value":1}');
    const closing = door.gateway.close({ graceMs: 60_000 });
    backend.respond('/second', 2);
    const rest: string[] = [];
    for (let line = await next(); line !== undefined; line = await next()) rest.push(line);
    expect(rest.join('')).toMatch(/{"part":"second","value":2}.*{"done":true}$/);
    await closing;
  });

  it('has the head for HEAD, and ends the calls that it does not need', async () => {
    const { backend, url } = await served(part('first') + part('second'));
    backend.respond('/first', 1);
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await response.text()).toBe('');
    await backend.left('/second');
  });

  it('sends each line at once in a content encoding', async () => {
    const { backend, url } = await served(part('first') + part('second'));
    backend.respond('/first', '"first"');
    const request = get(url, { headers: { 'accept-encoding': 'gzip' } });
    const [response]: [IncomingMessage] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.headers['content-encoding']).toBe('gzip');
    const text = response.pipe(createGunzip()).setEncoding('utf8');
    expect((await once(text, 'data'))[0]).toBe('{"part":"first","value":"first"}\n');
    const rest = text.toArray();
    backend.respond('/second', 2);
    expect((await rest).join('')).toBe('{"part":"second","value":2}\n{"done":true}\n');
  });

  it('is whole for a client that reads slower than the parts are there', async () => {
    const { backend, url } = await served(part('big') + part('small'));
    const big = 'b'.repeat(700_000);
    backend.respond('/big', { big });
    backend.respond('/small', 1);
    const request = get(url);
    const [response]: [IncomingMessage] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    await once(response, 'readable');
    const text = (await response.setEncoding('utf8').toArray()).join('');
    expect(text.split('\n').sort()).toEqual(
      ['', `{"part":"big","value":{"big":"${big}"}}`, '{"part":"small","value":1}', '{"done":true}'].sort(),
    );
  });

  it('takes a stored part from the cache, but is not stored itself', async () => {
    const { backend, url } = await served(part('product', "cache: { ttl: '1m' },") + part('price'));
    backend.respond('/product', 1);
    backend.respond('/price', 2);
    expect(await linesAt(url)).toHaveLength(3);
    await linesAt(url);
    const response = await fetch(url);
    expect(response.headers.get('cache-status')).toBeNull();
    expect(await response.text()).toContain('{"part":"product","value":1}');
  });

  it('has no cache of its folder', async () => {
    const backend = own(await startGatedBackend());
    const { url } = await gateway({
      'routes/_defaults.ts': `import { defineDefaults } from 'portico'; export default defineDefaults({ cache: { ttl: '1m' } });`,
      'routes/page.get.ts': page(backend.url, part('product')),
    });
    backend.respond('/product', 1);
    expect(await linesAt(`${url}/page`)).toEqual([{ part: 'product', value: 1 }, { done: true }]);
    expect((await fetch(`${url}/page`)).headers.get('cache-status')).toBeNull();
  });
});

describe('the format of a stream', () => {
  it.each([
    [undefined, 'application/x-ndjson'],
    ['*/*', 'application/x-ndjson'],
    ['application/json', 'application/x-ndjson'],
    ['text/event-stream', 'text/event-stream'],
    ['application/x-ndjson;q=0.5, text/event-stream', 'text/event-stream'],
    ['text/*, application/x-ndjson;q=0.1', 'text/event-stream'],
    ['text/event-stream;q=0', 'application/x-ndjson'],
  ])('is for Accept: %s %s', (accept, type) => {
    expect(formatFor(accept).mediaType).toBe(type);
  });
});
