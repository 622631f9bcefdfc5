import { describe, expect, it } from 'vitest';
import type { LoadedPart } from '../../src/config/loaded-route.ts';
import { passedNames } from '../../src/config/pass.ts';
import { defineService } from '../../src/config/service.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { GatewayError } from '../../src/core/failure.ts';
import type { Handler } from '../../src/core/handler.ts';
import { jsonReply, type Reply } from '../../src/core/reply.ts';
import { TraceIds } from '../../src/core/trace-ids.ts';
import { type AggregateOptions, aggregateHandler } from '../../src/handlers/aggregate.ts';

import { isDispensable, type Part } from '../../src/handlers/compiled-part.ts';
import { CheckedCall } from '../../src/handlers/part.ts';
import { bodyOfPart } from '../../src/handlers/part-body.ts';
import { fixedCall } from '../../src/handlers/proxy.ts';
import { exchange, headers, textOf } from '../support/exchange.ts';

const backend = defineService('backend', { targets: ['http://127.0.0.1:1'] });

function part(name: string, handler: Handler, definition: Partial<LoadedPart> = {}): Part {
  return {
    name,
    definition: { response: {}, from: backend`/${name}`, ...definition },
    fixed: definition.from === undefined ? fixedCall(backend`/${name}`) : undefined,
    handler,
    call: new CheckedCall(name, undefined, { bytes: 10_000 }),
    passed: ({ options }) => passedNames(options.pass, definition.pass),
    body: bodyOfPart({ response: {}, from: backend`/`, ...definition }),
    look: undefined,
    remember: undefined,
    fanOut: undefined,
    site: `GET /#${name}`,
    shares: undefined,
    mayVaryBy: () => true,
    isDispensable: isDispensable({ response: {}, from: backend`/`, ...definition }),
  };
}

const options = (reply: AggregateOptions['reply']): AggregateOptions => ({
  reply,
  response: undefined,
  traces: new TraceIds(),
  isStored: false,
});

const all = (parts: Readonly<Record<string, unknown>>): unknown => parts;
const bodyOf = (reply: Reply): unknown => JSON.parse(textOf(reply));

describe('an aggregation', () => {
  it('starts every part as soon as its dependencies have responded', async () => {
    const started: string[] = [];
    const gates = new Map<string, (reply: Reply) => void>();
    const gated =
      (name: string): Handler =>
      () => {
        started.push(name);
        return new Promise(resolve => gates.set(name, resolve));
      };
    const turn = () => new Promise(setImmediate);
    const response = aggregateHandler(
      [
        part('seller', gated('seller'), { dependsOn: ['product'] }),
        part('product', gated('product')),
        part('stock', gated('stock')),
        part('offer', gated('offer'), { dependsOn: ['seller', 'stock'] }),
      ],
      options(all),
    )(exchange());
    await turn();
    expect(started.toSorted()).toEqual(['product', 'stock']);
    gates.get('product')?.(jsonReply(200, { id: 7 }));
    await turn();
    expect(started.slice(2)).toEqual(['seller']);
    gates.get('seller')?.(jsonReply(200, { id: 'ann' }));
    await turn();
    expect(started).toHaveLength(3);
    gates.get('stock')?.(jsonReply(200, { qty: 1 }));
    await turn();
    expect(started.slice(3)).toEqual(['offer']);
    gates.get('offer')?.(jsonReply(200, null));
    expect(bodyOf(await response)).toEqual({
      seller: { id: 'ann' },
      product: { id: 7 },
      stock: { qty: 1 },
      offer: null,
    });
  });

  it('passes a part its dependencies and sends exactly the path it returns', async () => {
    let asked: Exchange | undefined;
    const response = aggregateHandler(
      [
        part('product', () => jsonReply(200, { sellerId: 'a/../b?c' })),
        part(
          'seller',
          x => {
            asked = x;
            return jsonReply(200, {});
          },
          {
            dependsOn: ['product'],
            from: (_c, parts) => backend`/sellers/${(parts as { product: { sellerId: string } }).product.sellerId}`,
          },
        ),
      ],
      options(all),
    );
    await response(exchange({ search: '?secret=1' }));
    expect(asked?.call).toMatchObject({ path: '/sellers/a%2F..%2Fb%3Fc', search: '' });
  });

  it('tolerates a failed optional part and fails with a required one', async () => {
    const dead: Handler = () => Promise.reject(new GatewayError('upstream.reset', 'gone'));
    const product = part('product', () => jsonReply(200, 1));
    const reply = await aggregateHandler([product, part('stock', dead, { optional: true })], options(all))(exchange());
    expect(bodyOf(reply)).toEqual({ product: 1 });
    await expect(aggregateHandler([product, part('stock', dead)], options(all))(exchange())).rejects.toMatchObject({
      code: 'upstream.reset',
    });
  });

  it('aborts the other parts when a required one fails', async () => {
    let slow: Exchange | undefined;
    const response = aggregateHandler(
      [
        part('slow', x => {
          slow = x;
          return new Promise((_resolve, reject) => x.cancellation.onCancel(reject));
        }),
        part('dead', () => Promise.reject(new GatewayError('upstream.reset', 'gone'))),
      ],
      options(all),
    )(exchange());
    await expect(response).rejects.toMatchObject({ code: 'upstream.reset' });
    expect(slow?.cancellation.reason).toBeDefined();
  });

  it('passes on a backend’s 4xx for a required part', async () => {
    const response = aggregateHandler([part('product', () => jsonReply(404, {}))], options(all));
    await expect(response(exchange())).rejects.toMatchObject({
      code: 'upstream.refused',
      status: 404,
      blame: 'client',
    });
  });

  it('fails a part whose response is invalid JSON or does not match its schema', async () => {
    const check = (value: unknown) => (value === 7 ? { value } : { errors: [{ pointer: '', detail: 'must be 7' }] });
    const call = new CheckedCall('stock', check, { bytes: 100 });
    const value = async (reply: Reply): Promise<unknown> => call.value(reply);
    const read = async (reply: Reply): Promise<Reply> => call.reading(() => reply)(exchange());
    expect(await value(jsonReply(200, 7))).toBe(7);
    await expect(value(jsonReply(200, 8))).rejects.toMatchObject({ code: 'upstream.invalid', status: 502 });
    await expect(read(jsonReply(200, 8))).rejects.toThrow('unexpected');
    await expect(value(jsonReply(200, 'x'.repeat(200)))).rejects.toMatchObject({ code: 'upstream.too_large' });
  });

  it('calls its parts without the client’s fields and body', async () => {
    let asked: Exchange | undefined;
    const handler: Handler = x => {
      asked = x;
      return jsonReply(200, 1);
    };
    const fields = { 'If-None-Match': '"a"', Range: 'bytes=0-1', 'Content-Type': 'text/plain', Cookie: 'a=1' };
    await aggregateHandler(
      [part('one', handler)],
      options(all),
    )(exchange({ method: 'POST', headers: headers(fields) }));
    expect(asked?.method).toBe('GET');
    expect(asked?.headers.toObject()).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'portico',
    });
  });

  it('is 500 when a required part returns no call', async () => {
    const parts = [part('one', () => jsonReply(200, 1), { from: () => false })];
    await expect(aggregateHandler(parts, options(all))(exchange())).rejects.toMatchObject({ code: 'gateway.error' });
  });
});
