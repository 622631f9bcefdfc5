import { describe, expect, it } from 'vitest';
import { type ChaosMode, startBackend } from '../../demo/backends/backend.ts';
import { startRecommendations } from '../../demo/backends/recommendations.ts';
import { type Shop, startShop } from '../../demo/shop.ts';

const greeter = () => startBackend({ name: 'greeter', handlers: { 'GET /': () => ({ json: { hello: true } }) } });

/** The status of a GET; undefined if the connection is refused. */
async function statusOf(url: string): Promise<number | undefined> {
  return fetch(url, { headers: { connection: 'close' } }).then(
    response => response.status,
    () => undefined,
  );
}

describe('a backend of the shop', () => {
  it.each<[ChaosMode, number | undefined]>([
    ['ok', 200],
    ['failing', 503],
    ['dead', undefined],
  ])('that is %s responds with status %s', async (mode, status) => {
    const backend = await greeter();
    await backend.become(mode);
    expect(await statusOf(backend.url)).toBe(status);
    await backend.close();
  });

  it('changes its mode in the order of the calls, without waiting', async () => {
    const backend = await greeter();
    const modes: ChaosMode[] = ['dead', 'ok', 'dead', 'slow', 'dead', 'failing', 'ok', 'ok'];
    await Promise.all(modes.map(mode => backend.become(mode)));
    expect(backend.chaos).toBe('ok');
    expect(await statusOf(backend.url)).toBe(200);
    await backend.close();
  });

  it('responds with 500 when its own code throws, and continues', async () => {
    const failing = {
      'GET /': () => {
        throw new TypeError('a fault made by this test');
      },
    };
    const backend = await startBackend({ name: 'faulty', handlers: failing });
    expect(await statusOf(backend.url)).toBe(500);
    expect(await statusOf(backend.url)).toBe(500);
    await backend.close();
  });

  it('never fails while it is ok', async () => {
    const backend = await startRecommendations();
    const statuses = new Set<number | undefined>();
    for (let call = 0; call < 50; call++) statuses.add(await statusOf(`${backend.url}/for/anna`));
    expect(statuses).toEqual(new Set([200]));
    await backend.close();
  });
});

describe('the chaos settings of the shop', () => {
  const chaosOf = (shop: Shop, init?: RequestInit) =>
    fetch(`${shop.env.CHAOS_TARGETS}/chaos`, init).then(async response => {
      const { backends } = (await response.json()) as { backends: { name: string; mode: ChaosMode }[] };
      return { status: response.status, backends };
    });

  it('are all reset by one DELETE', async () => {
    const shop = await startShop();
    try {
      const changed: [string, ChaosMode][] = [
        ['catalog-1', 'slow'],
        ['stock', 'failing'],
        ['cart', 'dead'],
      ];
      await Promise.all(changed.map(([name, mode]) => shop.backends.get(name)?.become(mode)));
      const before = await chaosOf(shop);
      expect(before.backends.filter(({ mode }) => mode !== 'ok').map(({ name, mode }) => [name, mode])).toEqual(
        changed,
      );
      const after = await chaosOf(shop, { method: 'DELETE' });
      expect(after.status).toBe(200);
      expect(after.backends).toHaveLength(9);
      expect(new Set(after.backends.map(({ mode }) => mode))).toEqual(new Set(['ok']));
      for (const [name] of changed) {
        expect(await statusOf(`${shop.backends.get(name)?.url}/readyz`), name).toBe(200);
      }
    } finally {
      await shop.close();
    }
  });
});
