import { beforeEach, describe, expect, it } from 'vitest';
import type { PurgeRequest } from '../../src/config/purge-request.ts';
import { Chance } from '../support/chance.ts';
import { patientClock } from '../support/clock.ts';
import { route, type TestGateway } from '../support/gateway.ts';
import { askShop, type Heard, recordsIn, sharing, startMachines } from '../support/hosts.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { testResources } from '../support/resources.ts';

const resources = testResources();
const { backend, own } = resources;

describe.skipIf(noRedis !== undefined)(`two hosts on one Redis ${noRedis ?? ''}`, () => {
  let redis: TestRedis;

  beforeEach(async () => {
    redis = own(await TestRedis.start());
  });

  const two = async (files: Readonly<Record<string, string>>, more = ''): Promise<[TestGateway, TestGateway]> => {
    const all = { 'portico.config.ts': sharing(redis, more), ...files };
    const [here, there] = await startMachines(2, all, resources, redis, { clock: patientClock });
    if (here === undefined || there === undefined) throw new Error('two were asked for');
    return [here, there];
  };
  const stored = (count: number) => expect.poll(() => recordsIn(redis)).toBe(count);

  it('serve responses that the other one stored, with their age', async () => {
    const shop = await backend((_req, res) => {
      res.writeHead(200, { 'Cache-Control': 'max-age=60', Age: '7', ETag: '"lamp"' }).end('lamp');
    });
    const files = {
      'portico.config.ts': sharing(redis),
      'routes/page.get.ts': route(`'/page', { proxy: '${shop.url}', cache: {} }`),
    };
    const [here] = await startMachines(1, files, resources, redis, { clock: patientClock });
    const aheadMs = 8_000;
    const later = {
      ...patientClock,
      now: () => patientClock.now() + aheadMs,
      wall: () => patientClock.wall() + aheadMs,
    };
    const [there] = await startMachines(1, files, resources, redis, { clock: later });
    if (here === undefined || there === undefined) throw new Error('two were asked for');
    expect((await askShop(here, '/page')).cache).toContain('fwd=uri-miss');
    await stored(1);
    const { body, cache, headers } = await askShop(there, '/page');
    expect(body).toBe('lamp');
    expect(cache).toMatch(/^portico; hit; ttl=4\d$/);
    expect(Number(headers.age)).toBeGreaterThanOrEqual(15);
    expect(Number(headers.age)).toBeLessThan(20);
    expect(shop.requests).toHaveLength(1);
    // The client's own copy is valid too.
    expect((await askShop(there, '/page', { headers: { 'If-None-Match': '"lamp"' } })).status).toBe(304);
    expect(shop.requests).toHaveLength(1);
  });

  it('apply a write through the other one', async () => {
    let version = 1;
    const shop = await backend((req, res) => {
      if (req.method === 'POST') version++;
      res.end(`v${version}`);
    });
    const [here, there] = await two({
      'routes/cart.get.ts': route(`'/cart', { proxy: '${shop.url}', cache: { ttl: '10m', tags: ['cart'] } }`),
      'routes/cart/items.post.ts': route(`'/cart/items', { proxy: '${shop.url}', purges: ['cart'] }`),
      'routes/cart.post.ts': route(`'/cart', { proxy: '${shop.url}' }`),
    });
    // Purges the tags of the route, and also the address itself.
    for (const [round, path] of ['/cart/items', '/cart', '/cart/items', '/cart'].entries()) {
      const bodies = [await askShop(here, '/cart'), await askShop(there, '/cart')].map(({ body }) => body);
      expect(bodies).toEqual([`v${round + 1}`, `v${round + 1}`]);
      expect((await askShop(there, '/cart')).cache).toContain('hit');
      await askShop(here, path, { method: 'POST' });
      const written = await askShop(here, '/cart');
      expect(written.body).toBe(`v${round + 2}`);
      await expect
        .poll(async () => (await askShop(there, '/cart')).body, { interval: 5, timeout: 5_000 })
        .toBe(`v${round + 2}`);
    }
  });

  const orders: readonly PurgeRequest[] = [
    { tags: ['lamps'] },
    { urls: ['http://shop.test/lamps/1?colour=red'] },
    { urls: ['/lamps/1?colour=red'] },
    { prefixes: ['http://shop.test/lamps/'] },
    { prefixes: ['/lamps/'] },
    { all: true },
  ];

  it.each(orders.flatMap(order => [order, { ...order, soft: true }]))('apply the purge %j', async order => {
    let version = 1;
    const shop = await backend((_req, res) => res.end(`v${version}`));
    const lamps = route(`'/lamps/[id]', { proxy: '${shop.url}', cache: { ttl: '10m', tags: ['lamps'] } }`);
    const [here, there] = await two({
      'routes/lamps/[id].get.ts': lamps,
      'routes/chairs.get.ts': route(`'/chairs', { proxy: '${shop.url}', cache: { ttl: '10m', tags: ['chairs'] } }`),
    });
    const lamp = (target: { readonly port: number }) => askShop(target, '/lamps/1?colour=red');
    for (const target of [here, there]) {
      await lamp(target);
      await askShop(target, '/chairs');
    }
    await stored(2);
    expect((await lamp(there)).cache).toContain('hit');
    version = 2;
    here.gateway.purge(order);
    let response: Heard = await lamp(there);
    await expect
      .poll(
        async () => {
          // The first response that is no hit has the reason.
          if (response.cache.includes('hit')) response = await lamp(there);
          return response.body;
        },
        { interval: 5, timeout: 5_000 },
      )
      .toBe('v2');
    expect(response.cache).toContain(order.soft === true ? 'fwd=stale' : 'fwd=uri-miss');
    const chairs = await askShop(there, '/chairs');
    expect(chairs.body).toBe(order.all === true ? 'v2' : 'v1');
    // A gateway that starts later does not get the purged response either.
    const files = { 'portico.config.ts': sharing(redis), 'routes/lamps/[id].get.ts': lamps };
    const [late] = await startMachines(1, files, resources, redis, { clock: patientClock });
    if (late === undefined) throw new Error('one was asked for');
    expect((await lamp(late)).body).toBe('v2');
  });

  it.each(['max-age=1', 'no-store'])(
    'both remove a withdrawn response, even if the backend fails from then on (%s)',
    async control => {
      let status = 200;
      let aheadMs = 0;
      const shop = await backend((_req, res) => {
        const said = status === 403 ? control : 'max-age=1, stale-if-error=600';
        res.writeHead(status, { 'Cache-Control': said }).end(`said ${status}`);
      });
      const clock = {
        ...patientClock,
        now: () => patientClock.now() + aheadMs,
        wall: () => patientClock.wall() + aheadMs,
      };
      const files = {
        'portico.config.ts': sharing(redis),
        'routes/page.get.ts': route(`'/page', { proxy: '${shop.url}', cache: {} }`),
      };
      const [here, there] = await startMachines(2, files, resources, redis, { clock });
      if (here === undefined || there === undefined) throw new Error('two were asked for');
      await askShop(here, '/page');
      await stored(1);
      expect((await askShop(there, '/page')).body).toBe('said 200');
      aheadMs = 5_000;
      status = 500;
      for (const target of [here, there]) expect((await askShop(target, '/page')).body).toBe('said 200');
      status = 403;
      expect((await askShop(here, '/page')).body).toBe('said 403');
      status = 500;
      aheadMs = 10_000;
      await expect.poll(async () => (await askShop(there, '/page')).body).toBe('said 500');
      expect((await askShop(here, '/page')).body).toBe('said 500');
    },
  );

  it('serve each other’s variants separately', async () => {
    const shop = await backend((req, res) => {
      res.writeHead(200, { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language' });
      res.end(`in ${req.headers['accept-language']}`);
    });
    const [here, there] = await two({
      'routes/page.get.ts': route(`'/page', { proxy: '${shop.url}', cache: {} }`),
    });
    const speak = (target: { readonly port: number }, language: string) =>
      askShop(target, '/page', { headers: { 'Accept-Language': language } });
    for (const language of ['de', 'fr']) await speak(here, language);
    // Two responses and the list of variants.
    await stored(3);
    for (const language of ['de', 'fr']) {
      const { body, cache } = await speak(there, language);
      expect([body, cache.includes('hit')]).toEqual([`in ${language}`, true]);
    }
    expect(shop.requests).toHaveLength(2);
    expect((await speak(there, 'it')).body).toBe('in it');
    expect(shop.requests).toHaveLength(3);
    await stored(4);
    expect((await speak(here, 'it')).cache).toMatch(/vary-miss|hit/);
  });

  it('serve pages with parts that the other one stored', async () => {
    let version = 1;
    const shop = await backend((req, res) => {
      if (req.method === 'POST') version++;
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ path: req.url, version }));
    });
    const page = route(`'/home', {
      aggregate: {
        lamp: {
          from: defineService('shop', { targets: ['${shop.url}'] })\`/lamp\`,
          response: type<{ version: number }>(),
          cache: { ttl: '10m', tags: ['lamp'] },
        },
      },
      reply: ({ lamp }) => lamp,
    }`);
    const [here, there] = await two({
      'routes/home.get.ts': page,
      'routes/lamp.post.ts': route(`'/lamp', { proxy: '${shop.url}', purges: ['lamp'] }`),
    });
    const home = async (target: { readonly port: number }) => JSON.parse((await askShop(target, '/home')).body);
    expect(await home(here)).toEqual({ path: '/lamp', version: 1 });
    await stored(1);
    expect(await home(there)).toEqual({ path: '/lamp', version: 1 });
    expect(shop.requests).toHaveLength(1);
    await askShop(here, '/lamp', { method: 'POST' });
    await expect.poll(() => home(there), { interval: 5 }).toEqual({ path: '/lamp', version: 2 });
    expect(await home(here)).toEqual({ path: '/lamp', version: 2 });
  });

  it('make one call for concurrent misses with the distributed lock', async () => {
    const herd = 60;
    let arrived = 0;
    const all = Promise.withResolvers<void>();
    const count = () => {
      if (++arrived === 2 * herd) all.resolve();
    };
    const shop = await backend(async (_req, res) => {
      await all.promise;
      res.writeHead(200, { 'Cache-Control': 'max-age=60' }).end('once');
    });
    const files = {
      'portico.config.ts': sharing(redis, ', singleFlight: true'),
      'routes/page.get.ts': route(`'/page', { proxy: '${shop.url}', cache: {} }`),
    };
    const use = [
      (_req: unknown, _res: unknown, next: () => void) => {
        count();
        next();
      },
    ];
    const targets = await startMachines(2, files, resources, redis, { use, clock: patientClock });
    const asked = targets.flatMap(target => Array.from({ length: herd }, () => askShop(target, '/page')));
    const responses = await Promise.all(asked);
    expect(new Set(responses.map(({ body }) => body))).toEqual(new Set(['once']));
    expect(shop.requests).toHaveLength(1);
  });

  it('never give a user the response of another one', async () => {
    const luck = new Chance(20_261_125);
    const controls = ['max-age=60', 'private', 'no-store', 'no-cache', 'public, max-age=60', 's-maxage=30', ''];
    const varies = ['', '', 'Cookie', 'Accept-Language', 'Cookie, Accept-Language', '*'];
    const shop = await backend((req, res) => {
      const who = `${req.headers.cookie ?? 'nobody'} ${req.headers.authorization ?? 'nothing'}`;
      const control = luck.pick('max-age=60', ...controls);
      const vary = luck.pick('', ...varies);
      if (control !== '') res.setHeader('Cache-Control', control);
      if (vary !== '') res.setHeader('Vary', vary);
      if (luck.happens(0.2)) res.setHeader('Set-Cookie', `seen=${who.replace(' ', '+')}`);
      res.end(`${who} ${/public|s-maxage/.test(control) ? 'for-all' : 'for-one'}`);
    });
    const guard = `guard: c => ({ subject: c.cookies.user ?? 'none' })`;
    const targets = await two({
      'routes/p/[id].get.ts': route(`'/p/[id]', { proxy: '${shop.url}', cache: { ttl: '10m', swr: '10m' } }`),
      'routes/mine/[id].get.ts': route(
        `'/mine/[id]', { ${guard}, proxy: '${shop.url}', cache: { ttl: '10m', scope: 'user' } }`,
      ),
    });
    const leaks: string[] = [];
    const counted = { hits: 0, own: 0 };
    const once = async (): Promise<void> => {
      const target = targets[luck.upTo(2)] ?? targets[0];
      const isOwn = luck.happens(0.3);
      const headers: Record<string, string> = { 'Accept-Language': luck.pick('de', 'fr') };
      if (luck.happens(0.6)) headers.Cookie = `user=u${luck.upTo(8)}`;
      if (luck.happens(0.2)) headers.Authorization = `t${luck.upTo(4)}`;
      const response = await askShop(target, `${isOwn ? '/mine' : '/p'}/${luck.upTo(isOwn ? 4 : 40)}`, { headers });
      const [cookie, authorization, forWhom] = response.body.split(' ');
      const mine = `${headers.Cookie ?? 'nobody'} ${headers.Authorization ?? 'nothing'}`;
      const isLeak =
        (cookie !== 'nobody' && cookie !== headers.Cookie) ||
        // A response stored for one user belongs to that user, with any credentials.
        (!isOwn && authorization !== 'nothing' && authorization !== headers.Authorization && forWhom !== 'for-all');
      const given = String(response.headers['set-cookie'] ?? '');
      if (response.status !== 200 || isLeak) leaks.push(`${mine} got ${response.status} ${response.body}`);
      if (given !== '' && given !== `seen=${mine.replace(' ', '+')}`) leaks.push(`${mine} got ${given}`);
      if (response.cache.includes('hit')) counted[isOwn ? 'own' : 'hits']++;
    };
    for (let i = 0; i < 80; i++) await Promise.all(Array.from({ length: 10 }, once));
    expect(leaks).toEqual([]);
    // The test would prove nothing if nothing were shared.
    expect(counted.hits).toBeGreaterThan(100);
    expect(counted.own).toBeGreaterThan(20);
  });
});
