import { describe, expect, it } from 'vitest';
import type { NameAddress, NameResolver, ServiceRecord } from '../../../src/core/ports/name-resolver.ts';
import type { Targets } from '../../../src/index.ts';
import { sourceOf } from '../../../src/service/discovery/source-of.ts';

const forever = new AbortController().signal;

function resolving(addresses: readonly NameAddress[], services: readonly ServiceRecord[] = []): NameResolver {
  return { addresses: () => Promise.resolve(addresses), services: () => Promise.resolve(services) };
}

async function found(targets: Targets, resolver: NameResolver = resolving([])) {
  const resolved = await sourceOf(targets, resolver)?.find(forever);
  if (resolved === undefined) throw new Error('these are listed');
  return resolved;
}

const at = (address: string, ttlSeconds = 30): NameAddress => ({ address, ttlSeconds });

describe('the addresses of a name', () => {
  it('are targets that are called by that name', async () => {
    const { targets } = await found({ dns: 'catalog.internal:4001' }, resolving([at('10.0.0.5'), at('2001:db8::5')]));
    expect(targets.map(({ target }) => target)).toEqual([
      { origin: 'http://10.0.0.5:4001', base: '', host: 'catalog.internal:4001' },
      { origin: 'http://[2001:db8::5]:4001', base: '', host: 'catalog.internal:4001' },
    ]);
    const secure = await found({ dns: 'https://catalog.internal/v2/' }, resolving([at('10.0.0.5')]));
    expect(secure.targets[0]?.target).toEqual({ origin: 'https://10.0.0.5', base: '/v2', host: 'catalog.internal' });
  });

  it.each([
    [0, 1_000],
    [30, 30_000],
    [86_400, 300_000],
  ])('with a TTL of %i s are resolved again after %i ms', async (ttl, ms) => {
    const { goodForMs } = await found(
      { dns: 'catalog.internal:4001' },
      resolving([at('10.0.0.5', ttl), at('10.0.0.6', 90_000)]),
    );
    expect(goodForMs).toBe(ms);
  });
});

describe('the SRV records of a service', () => {
  const record = (name: string, priority: number, weight: number): ServiceRecord => ({
    name,
    port: 4001,
    priority,
    weight,
  });

  it('are targets of the lowest priority with their weights', async () => {
    const records = [record('a.internal', 10, 5), record('b.internal', 20, 1), record('c.internal.', 10, 0)];
    const { targets } = await found({ srv: '_http._tcp.catalog.internal' }, resolving([], records));
    expect(targets.map(({ target, weight }) => [target.origin, weight])).toEqual([
      ['http://a.internal:4001', 5],
      ['http://c.internal:4001', 0.1],
    ]);
  });

  it('may declare that there is none', async () => {
    const { targets } = await found({ srv: '_https._tcp.catalog.internal' }, resolving([], [record('', 0, 0)]));
    expect(targets).toEqual([]);
  });
});

describe('a discovery function of the team', () => {
  it('returns targets in the form of a list', async () => {
    const { targets, goodForMs } = await found(() => ['http://a', { url: 'http://b/base', weight: 2, max: 5 }]);
    expect(targets.map(({ target, weight, max }) => [target.origin + target.base, weight, max])).toEqual([
      ['http://a', 1, Number.POSITIVE_INFINITY],
      ['http://b/base', 2, 5],
    ]);
    expect(goodForMs).toBe(10_000);
    expect((await found({ find: async () => ['http://a'], interval: '1m' })).goodForMs).toBe(60_000);
  });

  it.each([
    [['ftp://a'], 'ftp: is not spoken here'],
    [[{ url: 'http://a', weight: 0 }], 'weight'],
    [[{ url: 'http://a', max: 0 }], 'max is 0'],
    ['http://a', 'no list'],
  ])('that returns %j fails with the reason', async (response, why) => {
    await expect(found(() => response as string[])).rejects.toThrow(why);
  });
});

it('is not needed for a static list', () => {
  expect(sourceOf(['http://a'], resolving([]))).toBeUndefined();
  expect(sourceOf({ env: 'CATALOG_TARGETS' }, resolving([]))).toBeUndefined();
});
