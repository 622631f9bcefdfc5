import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/core/failure.ts';
import { tagTarget } from '../../../src/core/purge.ts';
import { PushBody } from '../../../src/core/push-body.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { cacheBench, cacheStatusOf } from '../../support/cache-bench.ts';
import { exchange, headers, textOf, textReply } from '../../support/exchange.ts';

describe('a hit', () => {
  it('returns a reply, not a promise', async () => {
    const { ask, asked } = cacheBench();
    await ask();
    const hit = ask();
    expect(hit).not.toBeInstanceOf(Promise);
    expect(textOf(await hit)).toBe('fresh');
    expect(asked).toHaveLength(1);
  });

  it('reports its age and the remaining lifetime', async () => {
    const { ask, clock } = cacheBench();
    await ask();
    clock.advance(8_500);
    const hit = await ask();
    expect(hit.headers.get('age')).toBe('8');
    expect(cacheStatusOf(hit)).toBe('portico; hit; ttl=21');
  });

  it('drops the status fields of other caches', async () => {
    const made = cacheBench();
    made.response = () => textReply('fresh', { 'X-Cache': 'HIT', 'Portico-Cache-Control': 'max-age=60' });
    for (const reply of [await made.ask(), await made.ask()]) {
      expect(reply.headers.has('x-cache')).toBe(false);
      expect(reply.headers.has('portico-cache-control')).toBe(false);
    }
  });

  it('serves HEAD from a stored GET, without a body', async () => {
    const { ask, asked } = cacheBench();
    await ask();
    const head = await ask(exchange({ method: 'HEAD' }));
    expect(head.body.kind).toBe('none');
    expect(asked).toHaveLength(1);
  });

  it('responds with 304 to a client that has the representation', async () => {
    const made = cacheBench();
    made.response = () => textReply('fresh', { ETag: '"v1"' });
    await made.ask();
    const reply = await made.ask(exchange({ headers: headers({ 'If-None-Match': 'W/"v1", "v0"' }) }));
    expect(reply.status).toBe(304);
    expect(reply.body.kind).toBe('none');
  });
});

describe('freshness', () => {
  it('follows the response before the route', async () => {
    const made = cacheBench();
    made.response = () => textReply('fresh', { 'Cache-Control': 'max-age=5' });
    await made.ask();
    made.clock.advance(6_000);
    await made.ask();
    expect(made.asked).toHaveLength(2);
  });

  it.each(['max-age=1000', 'max-stale', 'no-store'])(
    'cannot be forced by a request with %s if the response has no-cache',
    async said => {
      const made = cacheBench({ policy: { profile: 'rfc9111' } });
      made.response = () => textReply('fresh', { 'Cache-Control': 'no-cache', ETag: '"v1"' });
      await made.ask();
      await made.ask(exchange({ headers: headers({ 'Cache-Control': said }) }));
      expect(made.asked).toHaveLength(2);
    },
  );

  it('is required for storing: without a lifetime from route or response nothing is stored', async () => {
    const made = cacheBench({ policy: { ttlMs: undefined } });
    await made.ask();
    await made.ask();
    expect(made.asked.length).toBeGreaterThanOrEqual(2);
  });

  it('includes the age that a response had on arrival', async () => {
    const made = cacheBench();
    made.response = () => textReply('fresh', { 'Cache-Control': 'max-age=10', Age: '8' });
    await made.ask();
    made.clock.advance(3_000);
    await made.ask();
    expect(made.asked).toHaveLength(2);
  });
});

describe('the cache never stores', () => {
  it.each([
    ['Set-Cookie', 'session=1'],
    ['Cache-Control', 'private'],
    ['Cache-Control', 'no-store'],
    ['Cache-Control', 'no-cache'],
    ['Vary', '*'],
  ])('a response with %s: %s', async (name, value) => {
    const made = cacheBench();
    made.response = () => textReply('mine', { [name]: value });
    await made.ask();
    await made.ask();
    expect(made.asked).toHaveLength(2);
  });

  it('a response to a request with Authorization', async () => {
    const { ask, asked } = cacheBench();
    const signedIn = exchange({ headers: headers({ Authorization: 'Bearer secret' }) });
    await ask(signedIn);
    await ask(signedIn);
    expect(asked).toHaveLength(2);
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer secret');
  });

  it('a server error', async () => {
    const made = cacheBench();
    made.response = () => textReply('broken', { 'Cache-Control': 'max-age=60' }, 500);
    await made.ask();
    expect((await made.ask()).status).toBe(500);
    expect(made.asked).toHaveLength(2);
  });
});

describe('a coalesced request', () => {
  it('is sent once for simultaneous misses', async () => {
    const made = cacheBench();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const responses = [made.ask(), made.ask(), made.ask()];
    resolve(textReply('once'));
    const replies = await Promise.all(responses);
    expect(made.asked).toHaveLength(1);
    expect(replies.map(textOf)).toEqual(['once', 'once', 'once']);
    expect(replies.map(cacheStatusOf).filter(status => status.includes('collapsed'))).toHaveLength(2);
  });

  it('is sent separately for https and http, since a response may redirect to the other scheme', async () => {
    const { ask, asked } = cacheBench();
    const client = { address: '192.0.2.1', protocol: 'https', host: 'shop.test', mount: '' } as const;
    await ask();
    await ask(exchange({ client }));
    await ask(exchange({ client }));
    expect(asked).toHaveLength(2);
  });

  it('is independent of the deadline of the first client', async () => {
    const { ask, asked, clock } = cacheBench();
    const timeouts = { connectMs: 100, idleMs: 200, deadlineAt: clock.now() + 10 };
    await ask(exchange({ timeouts }));
    expect(asked[0]?.timeouts).toEqual({ connectMs: 100, idleMs: 200, deadlineAt: undefined });
    // A request that is not shared keeps its own Range.
    await ask(exchange({ timeouts, path: '/own', headers: headers({ Range: 'bytes=0-3' }) }));
    expect(asked[1]?.timeouts).toEqual(timeouts);
  });

  it('carries no cookie and no credentials of the first client', async () => {
    const { ask, asked } = cacheBench();
    await ask(exchange({ headers: headers({ Cookie: 'session=1', 'Accept-Language': 'de' }) }));
    expect(asked[0]?.headers.has('cookie')).toBe(false);
    expect(asked[0]?.headers.get('accept-language')).toBe('de');
  });

  it('carries no field that changes the response and is missing from the key', async () => {
    const { ask, asked } = cacheBench();
    const names = ['X-HTTP-Method-Override', 'X-Original-URL', 'X-Rewrite-URL', 'X-Host'];
    await ask(exchange({ headers: headers(Object.fromEntries(names.map(name => [name, '/evil']))) }));
    for (const name of names) expect(asked[0]?.headers.has(name.toLowerCase())).toBe(false);
  });

  it('continues when the client that started it disconnects', async () => {
    const made = cacheBench();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const leaver = exchange();
    const left = Promise.resolve(made.ask(leaver));
    const stays = made.ask();
    leaver.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await expect(left).rejects.toMatchObject({ code: 'client.gone' });
    resolve(textReply('still here'));
    expect(textOf(await stays)).toBe('still here');
    expect(made.asked[0]?.cancellation.reason).toBeUndefined();
  });

  it('is repeated for each client with its own headers if the response is not shareable', async () => {
    const made = cacheBench();
    made.response = x => textReply(`for ${x.headers.get('cookie') ?? 'nobody'}`, { 'Cache-Control': 'private' });
    const ask = (who: string) => made.ask(exchange({ headers: headers({ Cookie: who }) }));
    const replies = await Promise.all([ask('ann'), ask('bob')]);
    expect(replies.map(textOf)).toEqual(['for ann', 'for bob']);
    await ask('cem');
    expect(made.asked.map(x => x.headers.get('cookie')).slice(-1)).toEqual(['cem']);
    expect(made.asked).toHaveLength(4);
  });

  it('is shared only by requests that match the Vary of the response', async () => {
    const made = cacheBench();
    made.response = x => textReply(x.headers.get('accept-language') ?? '', { Vary: 'Accept-Language' });
    const ask = (language: string) => made.ask(exchange({ headers: headers({ 'Accept-Language': language }) }));
    expect((await Promise.all([ask('de'), ask('fr')])).map(textOf)).toEqual(['de', 'fr']);
    expect(textOf(await ask('de'))).toBe('de');
    expect(textOf(await ask('fr'))).toBe('fr');
  });
});

describe('a response that is revalidated before each use', () => {
  it.each(['no-cache', 'max-age=0', 'no-cache, max-age=60'])('stays with its user (%s)', async control => {
    const made = cacheBench({ policy: { ttlMs: undefined } });
    made.response = x =>
      x.headers.get('if-none-match') === '"of nobody"'
        ? textReply('', { ETag: '"of nobody"' }, 304)
        : textReply(`hello ${x.headers.get('cookie') ?? 'stranger'}`, {
            'Cache-Control': control,
            ETag: `"of ${x.headers.get('cookie') ?? 'nobody'}"`,
          });
    const ask = (cookie: string) => made.ask(exchange({ headers: headers(cookie === '' ? {} : { Cookie: cookie }) }));
    for (const who of ['ann', '', 'bob', '', 'ann']) {
      expect(textOf(await ask(who))).toBe(`hello ${who === '' ? 'stranger' : who}`);
    }
    expect(made.asked.at(-2)?.headers.get('if-none-match')).toBe('"of nobody"');
    const herd = await Promise.all(['ann', 'bob', '', 'cem'].map(who => ask(who)));
    expect(herd.map(textOf)).toEqual(['hello ann', 'hello bob', 'hello stranger', 'hello cem']);
  });
});

describe('a stale response', () => {
  it('is served once while it is revalidated in the background', async () => {
    const made = cacheBench({ policy: { swrMs: 60_000 } });
    await made.ask();
    made.clock.advance(31_000);
    made.response = () => textReply('newer');
    expect(textOf(await made.ask())).toBe('fresh');
    expect(textOf(await made.ask())).toMatch(/fresh|newer/);
    await Promise.resolve();
    expect(made.asked).toHaveLength(2);
    expect(textOf(await made.ask())).toBe('newer');
  });

  it('replaces a 5xx only if stale-if-error allows it', async () => {
    const made = cacheBench({ policy: { staleIfErrorMs: 60_000 } });
    await made.ask();
    made.clock.advance(31_000);
    made.response = () => textReply('broken', {}, 503);
    const reply = await made.ask();
    expect(textOf(reply)).toBe('fresh');
    expect(cacheStatusOf(reply)).toBe('portico; fwd=stale; fwd-status=503; detail=stale-if-error');
    made.clock.advance(60_000);
    expect((await made.ask()).status).toBe(503);
  });

  it('is served while the circuit is open', async () => {
    const made = cacheBench();
    await made.ask();
    made.clock.advance(31_000);
    made.response = () => {
      throw new GatewayError('breaker.open', 'open');
    };
    expect(textOf(await made.ask())).toBe('fresh');
  });

  it('is not served if the response forbids it', async () => {
    const made = cacheBench({ policy: { staleIfErrorMs: 60_000 } });
    made.response = () => textReply('fresh', { 'Cache-Control': 'max-age=30, must-revalidate' });
    await made.ask();
    made.clock.advance(31_000);
    made.response = () => {
      throw new GatewayError('upstream.reset', 'gone');
    };
    await expect(Promise.resolve(made.ask())).rejects.toMatchObject({ code: 'upstream.reset' });
  });
});

describe('a coalesced request without a field that its response varies by', () => {
  it('is repeated for each client that has the field, and shared by those without it', async () => {
    const made = cacheBench();
    made.response = x => textReply(`hello ${x.headers.get('cookie') ?? 'stranger'}`, { Vary: 'Cookie' });
    const ask = (cookie: string) => made.ask(exchange({ headers: headers(cookie === '' ? {} : { Cookie: cookie }) }));
    expect(textOf(await ask('ann'))).toBe('hello ann');
    expect(textOf(await ask('ann'))).toBe('hello ann');
    expect(textOf(await ask(''))).toBe('hello stranger');
    expect(textOf(await ask('bob'))).toBe('hello bob');
  });
});

describe('a background revalidation without a storable result', () => {
  const BROKEN = () => new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);

  it('releases its response and is not repeated by every client', async () => {
    const made = cacheBench({ policy: { swrMs: 60_000 } });
    await made.ask();
    made.clock.advance(31_000);
    const bodies: PushBody[] = [];
    made.response = () => {
      const body = BROKEN();
      bodies.push(body);
      return { status: 500, headers: headers({}), body };
    };
    for (let i = 0; i < 5; i++) {
      await made.ask();
      await new Promise(setImmediate);
    }
    expect(bodies).toHaveLength(1);
    expect(bodies[0]?.failure).toMatchObject({ code: 'client.gone' });
    made.clock.advance(1_000);
    await made.ask();
    expect(bodies).toHaveLength(2);
  });

  it('keeps the stored response while the backend fails', async () => {
    const made = cacheBench({ policy: { swrMs: 60_000 } });
    await made.ask();
    made.clock.advance(31_000);
    made.response = () => textReply('broken', {}, 503);
    await made.ask();
    await new Promise(setImmediate);
    expect(textOf(await made.ask())).toBe('fresh');
  });
});

describe('an event stream', () => {
  it('is never awaited to its end', async () => {
    const made = cacheBench();
    const body = new PushBody({ pause() {}, resume() {}, abort() {} }, undefined);
    made.response = () => ({ status: 200, headers: headers({ 'Content-Type': 'text/event-stream' }), body });
    const reply = await made.ask();
    expect(reply.body).toBe(body);
  });
});

describe('a purge', () => {
  it('makes everything with the tag stale at once', async () => {
    const made = cacheBench();
    await made.ask();
    made.epochs.bump({ kind: 'hard', targets: [tagTarget('products')] });
    made.response = () => textReply('after the write');
    expect(textOf(await made.ask())).toBe('after the write');
  });

  it('affects a response that is still in flight', async () => {
    const made = cacheBench();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const before = made.ask();
    made.epochs.bump({ kind: 'hard', targets: [tagTarget('products')] });
    made.response = () => textReply('after');
    const after = made.ask();
    resolve(textReply('before'));
    expect(textOf(await before)).toBe('before');
    expect(textOf(await after)).toBe('after');
    expect(textOf(await made.ask())).toBe('after');
  });

  it('keeps responses with other tags', async () => {
    const made = cacheBench();
    await made.ask();
    made.epochs.bump({ kind: 'hard', targets: [tagTarget('carts')] });
    await made.ask();
    expect(made.asked).toHaveLength(1);
  });
});
