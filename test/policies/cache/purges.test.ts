import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purgeOf } from '../../../src/config/purge-request.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import type { BusEvent } from '../../../src/core/ports/bus.ts';
import {
  addressTarget,
  covers,
  EVERYTHING,
  everyHostTarget,
  type Purge,
  type PurgeTarget,
  prefixTarget,
  storedAddress,
  tagTarget,
} from '../../../src/core/purge.ts';
import type { Reply } from '../../../src/core/reply.ts';
import type { QueryRule } from '../../../src/policies/cache/http/query.ts';
import { TagPurger } from '../../../src/policies/cache/storage/purger.ts';
import { LocalTagEpochs } from '../../../src/policies/cache/storage/tag-epochs.ts';
import { cacheBench, cacheStatusOf } from '../../support/cache-bench.ts';
import { exchange, textOf, textReply } from '../../support/exchange.ts';
import { at as labelsAt, purgeOf as madePurge } from '../../support/labels.ts';
import { MapTier } from '../../support/map-tier.ts';

const hard = (...targets: readonly (string | PurgeTarget)[]): Purge => madePurge('hard', targets);
const soft = (...targets: readonly (string | PurgeTarget)[]): Purge => madePurge('soft', targets);
const address = (pathAndQuery: string) => addressTarget('shop.test', pathAndQuery);
const at = (path: string, search = '') => exchange({ path, search });

describe('a purge', () => {
  it.each([
    ['a tag', 'products'],
    ['the address', addressTarget('shop.test', '/a/b?x=1')],
    ['the address on every host', everyHostTarget('/a/b?x=1')],
    ['a prefix', prefixTarget('shop.test', '/a')],
    ['a prefix on every host', prefixTarget('', '/a/')],
    ['everything', EVERYTHING],
  ])('by %s removes the stored response', async (_, target) => {
    const made = cacheBench();
    await made.ask(at('/a/b', '?x=1'));
    made.epochs.bump(hard(target));
    expect(cacheStatusOf(await made.ask(at('/a/b', '?x=1')))).toContain('fwd=uri-miss');
  });

  it.each([
    ['another tag', 'product'],
    ['another address', addressTarget('shop.test', '/a/b')],
    ['the address of another host', addressTarget('other.test', '/a/b?x=1')],
    ['another prefix', prefixTarget('', '/b')],
    ['the prefix on another host', prefixTarget('other.test', '/a')],
  ])('by %s keeps the stored response', async (_, target) => {
    const made = cacheBench();
    await made.ask(at('/a/b', '?x=1'));
    made.epochs.bump(hard(target));
    expect(cacheStatusOf(await made.ask(at('/a/b', '?x=1')))).toContain('hit');
  });

  it('does not touch the entries', async () => {
    const made = cacheBench();
    for (let i = 0; i < 100; i++) await made.ask(at(`/${i}`));
    const { size, bytes } = made.store;
    made.epochs.bump(hard('products'));
    expect(made.store).toMatchObject({ size, bytes });
  });

  it('that exceeds the remembered ones makes everything older stale', async () => {
    const epochs = new LocalTagEpochs(100);
    const before = epochs.now();
    for (let i = 0; i < 101; i++) epochs.bump(hard(prefixTarget('', `/${i}`)));
    expect(epochs.newest(labelsAt('shop.test', '/other'), 'hard')).toBeGreaterThan(before);
  });
});

describe('very many purges', () => {
  it.each([
    ['addresses of every host', (i: number) => everyHostTarget(`/p${i}`)],
    ['addresses', (i: number) => addressTarget('shop.test', `/p${i}?q=1`)],
    ['prefixes', (i: number) => prefixTarget('', `/p${i}/`)],
    ['tags', (i: number) => tagTarget(`product:${i}`)],
  ])('of %s affect exactly the responses that they name', async (_, target) => {
    const made = cacheBench();
    await made.ask(at('/page'));
    await made.ask(at('/p500/x'));
    for (let i = 0; i < 10_000; i++) made.epochs.bump(hard(target(i)));
    expect(cacheStatusOf(await made.ask(at('/page')))).toContain('hit');
    const isBelow = target(0).kind === 'prefix';
    expect(cacheStatusOf(await made.ask(at('/p500/x')))).toContain(isBelow ? 'fwd=uri-miss' : 'hit');
  });
});

describe('the index of purges', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', '/', '?', ' ', '%', '4', '1', 'e', '*'), maxLength: 6 });
  const path = texts.map(text => `/${text}`);
  const host = fc.constantFrom('shop.test', 'other.test');
  const target: fc.Arbitrary<PurgeTarget> = fc.oneof(
    fc.constant(EVERYTHING),
    texts.map(tagTarget),
    fc.tuple(host, path).map(([where, what]) => addressTarget(where, what)),
    path.map(everyHostTarget),
    fc.tuple(fc.oneof(host, fc.constant('')), path).map(([where, what]) => prefixTarget(where, what)),
    texts.map((key): PurgeTarget => ({ kind: 'key', key })),
  );
  const labels = fc
    .record({ tags: fc.array(texts), keys: fc.array(texts), host, path, partial: fc.boolean() })
    .map(({ host, path, partial, ...named }) => ({ ...named, addresses: [storedAddress(host, path, partial)] }));

  it('finds exactly what a scan of all purges would find, for any text', () => {
    fc.assert(
      fc.property(fc.array(target), labels, (targets, stored) => {
        const epochs = new LocalTagEpochs();
        const before = epochs.now();
        for (const each of targets) epochs.bump(hard(each));
        const isCovered = targets.some(each => covers(each, stored));
        expect(epochs.newest(stored, 'hard') > before).toBe(isCovered);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('one address in several spellings', () => {
  it.each([
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/%7euser/%61', '/~user/a'],
    ['/a?q=%c3%a9', '/a?q=%C3%A9'],
  ])('%s equals %s for a purge', async (one, other) => {
    for (const [stored, purged] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const target of [everyHostTarget(purged), addressTarget('shop.test', purged), prefixTarget('', purged)]) {
        const made = cacheBench();
        const [path = '', query] = stored.split('?');
        const x = at(path, query === undefined ? '' : `?${query}`);
        await made.ask(x);
        made.epochs.bump(hard(target));
        expect(cacheStatusOf(await made.ask(x))).toContain('fwd=uri-miss');
      }
    }
  });

  it.each([
    ['http', ':80'],
    ['https', ':443'],
  ] as const)('is one host over %s with %s and without, in the key and for a purge', async (protocol, port) => {
    const made = cacheBench();
    const from = (host: string) => exchange({ client: { address: '192.0.2.1', protocol, host, mount: '' } });
    await made.ask(from(`shop.test${port}`));
    await made.ask(from('shop.test'));
    expect(made.asked).toHaveLength(1);
    await made.ask(from('shop.test:8080'));
    expect(made.asked).toHaveLength(2);
    made.epochs.bump(purgeOf({ urls: [`${protocol}://shop.test${port}/`] }));
    await made.ask(from('shop.test'));
    expect(made.asked).toHaveLength(3);
  });
});

describe('a soft purge', () => {
  it('makes the stored response revalidated before its next use', async () => {
    const made = cacheBench();
    made.response = () => textReply('v1', { ETag: '"v1"' });
    await made.ask();
    made.epochs.bump(soft('products'));
    made.response = x => textReply('', { ETag: '"v1"' }, x.headers.get('if-none-match') === '"v1"' ? 304 : 500);
    const reply = await made.ask();
    expect([textOf(reply), cacheStatusOf(reply)]).toEqual(['v1', 'portico; fwd=stale; fwd-status=304; stored']);
    expect(cacheStatusOf(await made.ask())).toContain('hit');
  });

  it('keeps the stored response usable for stale-if-error and stale-while-revalidate', async () => {
    const gone = cacheBench();
    await gone.ask();
    gone.epochs.bump(soft('products'));
    gone.response = () => {
      throw new GatewayError('upstream.unreachable', 'gone');
    };
    expect(textOf(await gone.ask())).toBe('fresh');
    const patient = cacheBench({ policy: { swrMs: 60_000 } });
    await patient.ask();
    patient.epochs.bump(soft('products'));
    patient.response = () => textReply('newer');
    expect(textOf(await patient.ask())).toBe('fresh');
    await new Promise(setImmediate);
    expect(textOf(await patient.ask())).toBe('newer');
  });

  it('affects a response that is still in flight', async () => {
    const made = cacheBench();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.response = () => promise;
    const first = made.ask();
    made.epochs.bump(soft('products'));
    resolve(textReply('before'));
    await first;
    made.response = () => textReply('after');
    expect(textOf(await made.ask())).toBe('after');
  });
});

describe('an invalidation by a write', () => {
  function purger() {
    const epochs = new LocalTagEpochs();
    const tier = new MapTier();
    const headers: BusEvent[] = [];
    const bus = { publish: (event: BusEvent) => void headers.push(event), subscribe: () => {} };
    return { made: new TagPurger(epochs, bus, [tier]), told: headers };
  }
  const targetsOf = (fields: Record<string, string>): readonly PurgeTarget[] => {
    const { made, told: headers } = purger();
    made.written(['cart:7'], exchange({ method: 'POST', path: '/carts/7' }), textReply('', fields, 201));
    return headers[0]?.purge.targets ?? [];
  };

  it('covers its tags, its address, and same-origin addresses that its response names', () => {
    expect(targetsOf({})).toEqual([tagTarget('cart:7'), address('/carts/7')]);
    expect(targetsOf({ Location: '/carts/7/items/1?x=2' })).toContainEqual(address('/carts/7/items/1?x=2'));
    expect(targetsOf({ Location: 'http://shop.test/carts' })).toContainEqual(address('/carts'));
    expect(targetsOf({ 'Content-Location': 'items' })).toContainEqual(address('/carts/items'));
    expect(targetsOf({ Location: 'https://shop.test/carts' })).toHaveLength(2);
    expect(targetsOf({ Location: 'http://other.test/carts' })).toHaveLength(2);
    expect(targetsOf({ Location: 'http://[' })).toHaveLength(2);
  });

  it('covers the groups that its response names', () => {
    expect(targetsOf({ 'Cache-Group-Invalidation': '"carts", "eu"' })).toEqual(
      expect.arrayContaining([tagTarget('carts'), tagTarget('eu')]),
    );
    for (const value of ['carts', '"carts', '1', '"a";b, ?1, (“)']) {
      expect(targetsOf({ 'Cache-Group-Invalidation': value })).toHaveLength(value === '1' ? 2 : 2);
    }
  });

  it('covers responses that a backend put into a group', async () => {
    const made = cacheBench();
    made.response = () => textReply('grouped', { 'Cache-Groups': '"eu", "carts"' });
    await made.ask();
    made.epochs.bump(hard('eu'));
    expect(cacheStatusOf(await made.ask())).toContain('fwd=uri-miss');
  });
});

describe('a write', () => {
  function shop(query?: QueryRule) {
    const made = cacheBench({ key: { query } });
    const purger = new TagPurger(made.epochs, undefined, []);
    const write = (search: string) =>
      purger.written([], exchange({ method: 'POST', path: '/p', search }), textReply(''));
    return { made, write };
  }

  it('invalidates its address with the parameters that the key leaves out', async () => {
    const { made, write } = shop({ ignore: ['utm_*'], only: undefined, sort: false });
    await made.ask(at('/p', '?utm_a=1&q=1'));
    write('?utm_a=1&q=1');
    await made.ask(at('/p', '?utm_a=1&q=1'));
    expect(made.asked).toHaveLength(2);
  });

  it.each(['', '?s=2'])('invalidates addresses that No-Vary-Search declares equal (%s)', async search => {
    const { made, write } = shop();
    made.response = () => textReply('same', { 'No-Vary-Search': 'params=("s")' });
    await made.ask(at('/p', '?s=1'));
    await made.ask(at('/p', search));
    write(search);
    await made.ask(at('/p', search));
    expect(made.asked).toHaveLength(2);
  });

  it('may also be reported by a purge of the address', async () => {
    const { made } = shop({ ignore: ['utm_*'], only: undefined, sort: false });
    await made.ask(at('/p', '?utm_a=1'));
    made.epochs.bump(purgeOf({ urls: ['/p?utm_a=1'] }));
    await made.ask(at('/p', '?utm_a=1'));
    expect(made.asked).toHaveLength(2);
  });

  it('keeps the responses of another query', async () => {
    const { made, write } = shop();
    await made.ask(at('/p', '?q=1'));
    write('?q=2');
    await made.ask(at('/p', '?q=1'));
    expect(made.asked).toHaveLength(1);
  });
});

describe('a purge during a revalidation', () => {
  function stale() {
    const made = cacheBench();
    made.response = () => textReply('old', { 'Cache-Control': 'max-age=1', ETag: '"v1"' });
    const { promise, resolve } = Promise.withResolvers<Reply>();
    return { made, promise, resolve };
  }
  const known: Reply = {
    status: 304,
    headers: textReply('', { ETag: '"v1"', 'Cache-Control': 'max-age=60' }).headers,
    body: { kind: 'none' },
  };

  it.each(['hard', 'soft'] as const)(
    '(%s) is not undone by the 304, by a HEAD or by a background revalidation',
    async kind => {
      for (const method of ['GET', 'HEAD']) {
        const { made, promise, resolve } = stale();
        await made.ask();
        made.clock.advance(5_000);
        made.response = () => promise;
        const waiting = made.ask(exchange({ method }));
        made.epochs.bump({ kind, targets: [tagTarget('products')] });
        resolve(method === 'GET' ? known : { ...known, status: 200 });
        await waiting;
        made.response = () => textReply('new', { 'Cache-Control': 'max-age=60' });
        expect(textOf(await made.ask())).toBe('new');
      }
    },
  );
});
