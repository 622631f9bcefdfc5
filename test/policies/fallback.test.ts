import { describe, expect, it } from 'vitest';
import type { AnyContext } from '../../src/config/loaded-route.ts';
import { GatewayError } from '../../src/core/failure.ts';
import { responseReply } from '../../src/handlers/value-response.ts';
import { fallback } from '../../src/policies/fallback.ts';
import { exchange, textOf, textReply } from '../support/exchange.ts';

const thrown = (code: 'upstream.timeout' | 'client.gone' | 'request.forbidden') => () => {
  throw new GatewayError(code, code);
};

describe('a fallback', () => {
  it('responds with 200 in place of an error or a 5xx', async () => {
    const stage = fallback({ items: [] });
    for (const next of [thrown('upstream.timeout'), () => textReply('broken', {}, 503)]) {
      const reply = await stage(next)(exchange());
      expect(reply.status).toBe(200);
      expect(JSON.parse(textOf(reply))).toEqual({ items: [] });
    }
  });

  it('does not replace a 4xx or an error that the client caused', async () => {
    const stage = fallback({ items: [] });
    expect((await stage(() => textReply('no', {}, 404))(exchange())).status).toBe(404);
    expect(() => stage(thrown('client.gone'))(exchange())).toThrow('client.gone');
    expect(() => stage(thrown('request.forbidden'))(exchange())).toThrow('request.forbidden');
  });

  it('keeps the Cache-Status of the response that it replaces', async () => {
    const stage = fallback({ items: [] });
    const headers = new GatewayError('upstream.reset', 'gone').saying(['Cache-Status', 'portico; fwd=uri-miss']);
    const next = () => {
      throw headers;
    };
    expect((await stage(next)(exchange())).headers.get('cache-status')).toBe('portico; fwd=uri-miss');
    const broken = () => textReply('broken', { 'Cache-Status': 'portico; fwd=stale; fwd-status=503' }, 503);
    expect((await stage(broken)(exchange())).headers.get('cache-status')).toBe('portico; fwd=stale; fwd-status=503');
  });

  it('is not cacheable unless the function sets headers for it', async () => {
    const failing = thrown('upstream.timeout');
    const reply = await fallback({ items: [] })(failing)(exchange());
    expect(reply.headers.get('cache-control')).toBe('no-store');
    expect(reply.fallbacks).toEqual([{ part: undefined, reason: 'upstream.timeout' }]);
    const said = (c: AnyContext) => new Response(c.method, { status: 203, headers: { 'Cache-Control': 'max-age=5' } });
    const headers = await fallback(said, responseReply)(failing)(exchange());
    expect([headers.status, headers.headers.all('cache-control')]).toEqual([203, ['max-age=5']]);
    expect((await fallback({ items: [] })(() => textReply('well'))(exchange())).fallbacks).toBeUndefined();
  });

  it('may be computed from the request and the error', async () => {
    const stage = fallback((c: AnyContext, failure: Error) =>
      Promise.resolve({ path: c.url.pathname, why: failure.message }),
    );
    const reply = await stage(thrown('upstream.timeout'))(exchange({ path: '/a' }));
    expect(JSON.parse(textOf(reply))).toEqual({ path: '/a', why: 'upstream.timeout' });
  });
});
