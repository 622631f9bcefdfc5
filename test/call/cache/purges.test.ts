import { describe, expect, it } from 'vitest';
import { TagPurger } from '../../../src/call/cache/purger.ts';
import type { QueryRule } from '../../../src/call/cache/query.ts';
import { LocalTagEpochs } from '../../../src/call/cache/tag-epochs.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import type { BusEvent } from '../../../src/core/ports/bus.ts';
import { addressTarget, EVERYTHING, everyHostTarget, type Purge, prefixTarget } from '../../../src/core/purge.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { purgeOf } from '../../../src/define/purge.ts';
import { cacheBench, cacheStatusOf } from '../../support/cache-bench.ts';
import { exchange, textOf, textReply } from '../../support/exchange.ts';
import { MapTier } from '../../support/map-tier.ts';

const hard = (...targets: string[]): Purge => ({ kind: 'hard', targets });
const soft = (...targets: string[]): Purge => ({ kind: 'soft', targets });
const at = (path: string, search = '') => exchange({ path, search });

describe('a purge', () => {
  it.each([
    ['a tag', 'products'],
    ['the address', addressTarget('shop.test', '/a/b?x=1')],
    ['the address on every host', everyHostTarget('/a/b?x=1')],
    ['a prefix', prefixTarget('shop.test', '/a')],
    ['a prefix on every host', prefixTarget('', '/a/')],
    ['everything', EVERYTHING],
  ])('by %s makes what is stored gone', async (_, target) => {
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
  ])('by %s leaves it alone', async (_, target) => {
    const made = cacheBench();
    await made.ask(at('/a/b', '?x=1'));
    made.epochs.bump(hard(target));
    expect(cacheStatusOf(await made.ask(at('/a/b', '?x=1')))).toContain('hit');
  });

  it('touches no entry', async () => {
    const made = cacheBench();
    for (let i = 0; i < 100; i++) await made.ask(at(`/${i}`));
    const { size, bytes } = made.store;
    made.epochs.bump(hard('products'));
    expect(made.store).toMatchObject({ size, bytes });
  });

  it('beyond what is remembered makes everything older stale', async () => {
    const epochs = new LocalTagEpochs();
    const before = epochs.now();
    for (let i = 0; i < 101; i++) epochs.bump(hard(prefixTarget('', `/${i}`)));
    expect(epochs.newest(['uri shop.test/other'], 'hard')).toBeGreaterThan(before);
  });
});

describe('a soft purge', () => {
  it('has what is stored asked about before it is used', async () => {
    const made = cacheBench();
    made.answer = () => textReply('v1', { ETag: '"v1"' });
    await made.ask();
    made.epochs.bump(soft('products'));
    made.answer = x => textReply('', { ETag: '"v1"' }, x.headers.get('if-none-match') === '"v1"' ? 304 : 500);
    const reply = await made.ask();
    expect([textOf(reply), cacheStatusOf(reply)]).toEqual(['v1', 'portico; fwd=stale; fwd-status=304; stored']);
    expect(cacheStatusOf(await made.ask())).toContain('hit');
  });

  it('lets it stand in for a backend that is gone, and be given while it is asked for where that is allowed', async () => {
    const gone = cacheBench();
    await gone.ask();
    gone.epochs.bump(soft('products'));
    gone.answer = () => {
      throw new GatewayError('upstream.unreachable', 'gone');
    };
    expect(textOf(await gone.ask())).toBe('fresh');
    const patient = cacheBench({ policy: { swrMs: 60_000 } });
    await patient.ask();
    patient.epochs.bump(soft('products'));
    patient.answer = () => textReply('newer');
    expect(textOf(await patient.ask())).toBe('fresh');
    await new Promise(setImmediate);
    expect(textOf(await patient.ask())).toBe('newer');
  });

  it('reaches an answer that was on its way', async () => {
    const made = cacheBench();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    made.answer = () => promise;
    const first = made.ask();
    made.epochs.bump(soft('products'));
    resolve(textReply('before'));
    await first;
    made.answer = () => textReply('after');
    expect(textOf(await made.ask())).toBe('after');
  });
});

describe('what a write makes stale', () => {
  function purger() {
    const epochs = new LocalTagEpochs();
    const tier = new MapTier();
    const told: BusEvent[] = [];
    const bus = { publish: (event: BusEvent) => void told.push(event), subscribe: () => {} };
    return { made: new TagPurger(epochs, bus, [tier]), told };
  }
  const targetsOf = (fields: Record<string, string>): readonly string[] => {
    const { made, told } = purger();
    made.written(['cart:7'], exchange({ method: 'POST', path: '/carts/7' }), textReply('', fields, 201));
    return told[0]?.purge.targets ?? [];
  };

  it('is its tags, its address, and what its answer names on the same origin', () => {
    expect(targetsOf({})).toEqual(['cart:7', 'uri shop.test/carts/7']);
    expect(targetsOf({ Location: '/carts/7/items/1?x=2' })).toContain('uri shop.test/carts/7/items/1?x=2');
    expect(targetsOf({ Location: 'http://shop.test/carts' })).toContain('uri shop.test/carts');
    expect(targetsOf({ 'Content-Location': 'items' })).toContain('uri shop.test/carts/items');
    expect(targetsOf({ Location: 'https://shop.test/carts' })).toHaveLength(2);
    expect(targetsOf({ Location: 'http://other.test/carts' })).toHaveLength(2);
    expect(targetsOf({ Location: 'http://[' })).toHaveLength(2);
  });

  it('is the groups that its answer names', () => {
    expect(targetsOf({ 'Cache-Group-Invalidation': '"carts", "eu"' })).toEqual(expect.arrayContaining(['carts', 'eu']));
    for (const value of ['carts', '"carts', '1', '"a";b, ?1, (“)']) {
      expect(targetsOf({ 'Cache-Group-Invalidation': value })).toHaveLength(value === '1' ? 2 : 2);
    }
  });

  it('includes what a backend put into a group', async () => {
    const made = cacheBench();
    made.answer = () => textReply('grouped', { 'Cache-Groups': '"eu", "carts"' });
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

  it('reaches what is stored for its address with parameters that the key leaves out', async () => {
    const { made, write } = shop({ ignore: ['utm_*'], only: undefined, sort: false });
    await made.ask(at('/p', '?utm_a=1&q=1'));
    write('?utm_a=1&q=1');
    await made.ask(at('/p', '?utm_a=1&q=1'));
    expect(made.asked).toHaveLength(2);
  });

  it.each(['', '?s=2'])('reaches what a backend says is the same for its address (%s)', async search => {
    const { made, write } = shop();
    made.answer = () => textReply('same', { 'No-Vary-Search': 'params=("s")' });
    await made.ask(at('/p', '?s=1'));
    await made.ask(at('/p', search));
    write(search);
    await made.ask(at('/p', search));
    expect(made.asked).toHaveLength(2);
  });

  it('may also be told by an order that names the address', async () => {
    const { made } = shop({ ignore: ['utm_*'], only: undefined, sort: false });
    await made.ask(at('/p', '?utm_a=1'));
    made.epochs.bump(purgeOf({ urls: ['/p?utm_a=1'] }));
    await made.ask(at('/p', '?utm_a=1'));
    expect(made.asked).toHaveLength(2);
  });

  it('leaves what is stored for another query', async () => {
    const { made, write } = shop();
    await made.ask(at('/p', '?q=1'));
    write('?q=2');
    await made.ask(at('/p', '?q=1'));
    expect(made.asked).toHaveLength(1);
  });
});

describe('a purge while a stale answer is asked about', () => {
  function stale() {
    const made = cacheBench();
    made.answer = () => textReply('old', { 'Cache-Control': 'max-age=1', ETag: '"v1"' });
    const { promise, resolve } = Promise.withResolvers<Reply>();
    return { made, promise, resolve };
  }
  const known: Reply = {
    status: 304,
    headers: textReply('', { ETag: '"v1"', 'Cache-Control': 'max-age=60' }).headers,
    body: { kind: 'none' },
  };

  it.each(['hard', 'soft'] as const)('(%s) is not undone by the 304, by a HEAD or by the refresh', async kind => {
    for (const method of ['GET', 'HEAD']) {
      const { made, promise, resolve } = stale();
      await made.ask();
      made.clock.advance(5_000);
      made.answer = () => promise;
      const waiting = made.ask(exchange({ method }));
      made.epochs.bump({ kind, targets: ['products'] });
      resolve(method === 'GET' ? known : { ...known, status: 200 });
      await waiting;
      made.answer = () => textReply('new', { 'Cache-Control': 'max-age=60' });
      expect(textOf(await made.ask())).toBe('new');
    }
  });
});
