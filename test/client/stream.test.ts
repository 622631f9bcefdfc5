import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { client, ResponseError, type StreamError } from '../../src/client/index.ts';
import { startGatedBackend } from '../support/gated-backend.ts';
import { testResources } from '../support/resources.ts';

const { own, backend, gateway } = testResources();

/** What `portico types` would write, by hand. */
interface AppRoutes {
  'GET /page/[id]': {
    readonly params: { id: string };
    readonly query: unknown;
    readonly body: unknown;
    readonly response: unknown;
    readonly lines:
      | { readonly part: 'product'; readonly value: { readonly name: string } }
      | { readonly part: 'stock'; readonly value: number; readonly fallback?: true }
      | { readonly part: 'stock'; readonly absent: string };
  };
}

const PAGE = (url: string) => `
  import { defineRoute, defineService, type } from 'portico';
  const s = defineService('s', { targets: ['${url}'], retry: false, breaker: false });
  export default defineRoute('/page/[id]', {
    stream: true,
    aggregate: {
      product: { from: c => s\`/product/\${c.params.id}\`, response: type<{ name: string }>() },
      stock: { from: c => s\`/stock/\${c.params.id}\`, response: type<number>(), optional: true },
    },
  });`;

async function shop() {
  const gated = own(await startGatedBackend());
  const { url } = await gateway({ 'routes/page/[id].get.ts': PAGE(gated.url) });
  return { gated, call: client<AppRoutes>({ baseUrl: url }) };
}

/** A client of a server that sends something of its own for a stream. */
async function facing(listener: RequestListener) {
  const { url } = await backend(listener);
  return client<AppRoutes>({ baseUrl: url }).stream('GET /page/[id]', { params: { id: '7' } });
}

const sending = (...chunks: readonly (string | Buffer)[]): RequestListener => {
  return (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    for (const chunk of chunks) res.write(chunk);
    res.end();
  };
};

async function all<T>(lines: AsyncIterable<T>): Promise<readonly T[]> {
  const seen: T[] = [];
  for await (const line of lines) seen.push(line);
  return seen;
}

async function errorOf(reading: Promise<unknown>): Promise<StreamError> {
  return reading.then(
    () => expect.unreachable('the stream was complete'),
    (error: StreamError) => error,
  );
}

describe('the reader of a streamed route', () => {
  it('has each part as soon as it is there', async () => {
    const { gated, call } = await shop();
    const lines = call.stream('GET /page/[id]', { params: { id: 7 } });
    gated.respond('/stock/7', 3);
    expect((await lines.next()).value).toEqual({ part: 'stock', value: 3 });
    gated.respond('/product/7', { name: 'Lantern – 灯' });
    expect((await lines.next()).value).toEqual({ part: 'product', value: { name: 'Lantern – 灯' } });
    expect(await lines.next()).toEqual({ done: true, value: undefined });
  });

  it('types the value by the part', async () => {
    const { gated, call } = await shop();
    gated.respond('/product/7', { name: 'Lantern' });
    gated.respond('/stock/7', 'down', 500);
    let name: string | undefined;
    let missing: string | undefined;
    for await (const { part, value, absent } of call.stream('GET /page/[id]', { params: { id: '7' } })) {
      if (part === 'product') name = value.name;
      else missing = absent;
    }
    expect([name, missing]).toEqual(['Lantern', 'status']);
  });

  it('ends the calls of a stream that is not read to its end', async () => {
    const { gated, call } = await shop();
    gated.respond('/product/7', { name: 'Lantern' });
    for await (const { part } of call.stream('GET /page/[id]', { params: { id: '7' } })) {
      expect(part).toBe('product');
      await gated.arrived('/stock/7');
      break;
    }
    await gated.left('/stock/7');
  });

  it('throws the reason of a signal that ends the call', async () => {
    const { gated, call } = await shop();
    gated.respond('/product/7', { name: 'Lantern' });
    const { signal, abort } = abortable();
    const lines = call.stream('GET /page/[id]', { params: { id: '7' }, signal });
    await lines.next();
    const reason = new TypeError('the page was left');
    abort(reason);
    expect(await errorOf(lines.next())).toBe(reason);
    await gated.left('/stock/7');
  });

  it('throws a ResponseError for a part that failed before anything was sent', async () => {
    const { gated, call } = await shop();
    gated.respond('/product/7', 'none', 404);
    const error = await errorOf(all(call.stream('GET /page/[id]', { params: { id: '7' } })));
    expect(error).toBeInstanceOf(ResponseError);
    expect(error).toMatchObject({ status: 404, problem: { code: 'upstream.refused' } });
  });

  it('throws a StreamError for a part that failed later, behind the parts that are there', async () => {
    const { gated, call } = await shop();
    gated.respond('/stock/7', 3);
    const lines = call.stream('GET /page/[id]', { params: { id: '7' } });
    await lines.next();
    gated.respond('/product/7', 'down', 503);
    expect(await errorOf(lines.next())).toMatchObject({
      name: 'StreamError',
      message: 'GET /page/[id] failed with upstream.status in its part "product"',
      part: 'product',
      code: 'upstream.status',
      status: 502,
    });
  });

  const VALUE = '{"part":"stock","value":3}\n';
  it.each<[string, RequestListener]>([
    ['nothing', sending()],
    ['no last line', sending(VALUE)],
    ['half a line', sending(VALUE, '{"done":tr')],
    ['a line without its end', sending(VALUE, '{"done":true}')],
    ['a last line that says no', sending(VALUE, '{"done":false}\n')],
    ['a page', sending('<!doctype html>\n')],
    ['no object', sending('7\n')],
    ['a connection that breaks off', (_req, res) => void res.write(VALUE, () => res.destroy())],
  ])('never takes %s for complete', async (_what, listener) => {
    expect(await errorOf(all(await facing(listener)))).toMatchObject({
      name: 'StreamError',
      message: 'GET /page/[id] ended before it was complete',
      part: undefined,
      code: undefined,
    });
  });

  it('reads a line in pieces, whatever bytes they have, and ignores what is behind the last line', async () => {
    const bytes = Buffer.from('{"part":"product","value":{"name":"灯é"}}\n\n{"done":true}\nmore\n');
    for (let cut = 1; cut < bytes.length; cut++) {
      const pieces = (body: Buffer): Response =>
        new Response(
          ReadableStream.from([body.subarray(0, cut), body.subarray(cut)].map(part => new Uint8Array(part))),
        );
      const fetch = (): Promise<Response> => Promise.resolve(pieces(bytes));
      const lines = client<AppRoutes>({ fetch }).stream('GET /page/[id]', { params: { id: '7' } });
      expect(await all(lines)).toEqual([{ part: 'product', value: { name: '灯é' } }]);
    }
  });
});

function abortable(): { readonly signal: AbortSignal; abort(reason: Error): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: reason => controller.abort(reason) };
}
