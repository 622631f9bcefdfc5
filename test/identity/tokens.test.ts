import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { startBackend } from '../support/backend.ts';
import { SteppedClock } from '../support/clock.ts';
import { echo } from '../support/echo.ts';
import { metric } from '../support/metric.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

const HOUR = 3_600_000;
const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' };

type Store = 'disk' | 'redis';
const STORES: readonly Store[] = noRedis === undefined ? ['disk', 'redis'] : ['disk'];

interface Shop extends SignInProject {
  readonly clock: SteppedClock;
  /** The `Authorization` of every request to the backend. */
  readonly received: readonly (string | undefined)[];
  readonly redis: TestRedis | undefined;
  respondWith(handler: ((token: string | undefined) => number | undefined) | undefined): void;
}

/** A shop whose stock receives the token of the user. */
async function shopWith(store: Store): Promise<Shop> {
  const redis = store === 'redis' ? await TestRedis.start() : undefined;
  const received: (string | undefined)[] = [];
  let status: Parameters<Shop['respondWith']>[0];
  const backend = await startBackend((req, res) => {
    const token = req.headers.authorization;
    received.push(token);
    const wanted = status?.(token);
    if (wanted === undefined) echo(req, res);
    else res.writeHead(wanted, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
  });
  const clock = new SteppedClock();
  const shop = await signInProject({
    session: `store: '${store}'`,
    oidc: `scopes: ['openid', 'offline_access'], parameters: { prompt: 'consent' }`,
    gateway: redis === undefined ? '' : `cache: { redis: '${redis.url}' },`,
    options: { clock },
    files: {
      'services.ts': `import { defineService } from 'portico';
        export const stock = defineService('stock', { targets: ['${backend.url}'], token: 'user' });\n`,
      'routes/stock.get.ts': routeOf(`{ auth: 'required', proxy: stock }`),
      'routes/stock.post.ts': routeOf(`{ auth: 'required', proxy: stock }`),
      'routes/safe.get.ts': routeOf(`{ auth: 'required', proxy: stock, fallback: { from: 'fallback' } }`),
    },
  });
  onTestFinished(async () => {
    await shop[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });
  return {
    ...shop,
    clock,
    received,
    redis,
    respondWith: handler => {
      status = handler;
    },
  };
}

function routeOf(definition: string): string {
  return `import { defineRoute } from 'portico';
    import { stock } from '#services';
    export default defineRoute(${definition});\n`;
}

async function signedIn(shop: SignInProject): Promise<SignInBrowser> {
  const browser = new SignInBrowser();
  await browser.signIn(`${shop.url}/page`, 'ada');
  return browser;
}

describe.each(STORES)('tokens of a session in %s', store => {
  it('reach the service in place of the cookie, and the cookie is no key to them', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    const view = await browser.visit(`${shop.url}/stock`, { headers: { Cookie: 'theme=dark' } });
    const { headers } = JSON.parse(view.text);
    expect(headers.authorization).toMatch(/^Bearer [\w.-]+$/);
    expect(JSON.stringify(headers)).not.toContain('portico=');
    expect(browser.cookiesOf(shop.url).get('portico')).toMatch(/^[\w-]{43}$/);
  });

  it('are renewed once for ten calls at once', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    shop.clock.stepMs = 2 * HOUR;
    const views = await Promise.all(Array.from({ length: 10 }, () => browser.visit(`${shop.url}/stock`)));
    expect(views.map(({ status }) => status)).toEqual(new Array(10).fill(200));
    expect(shop.provider.grants.refresh_token).toBe(1);
    expect(new Set(shop.received).size).toBe(1);
  });

  it('are renewed once for two gateways that share the store', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    const second = await createGateway({ dir: shop.gateway.project.dir, logLevel: 'silent', clock: shop.clock });
    onTestFinished(() => second.close({ graceMs: 0 }));
    const { port } = (await second.listen({ port: 0, host: 'localhost' })) as AddressInfo;
    const secondUrl = `http://localhost:${port}`;
    const twin = new SignInBrowser();
    twin.cookies.set(new URL(secondUrl).host, new Map(browser.cookiesOf(shop.url)));
    shop.clock.stepMs = 2 * HOUR;
    const views = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        i % 2 === 0 ? browser.visit(`${shop.url}/stock`) : twin.visit(`${secondUrl}/stock`),
      ),
    );
    expect(views.map(({ status }) => status)).toEqual(new Array(10).fill(200));
    expect(shop.provider.grants.refresh_token).toBe(1);
  });

  it('end the session where the provider no longer accepts it: 401, and no fallback', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    shop.clock.stepMs = 2 * HOUR;
    shop.provider.misbehave((path, respond) => {
      if (path === '/token') respond(400, JSON.stringify({ error: 'invalid_grant' }));
      return path === '/token';
    });
    const copy = browser.copy();
    const view = await browser.visit(`${shop.url}/safe`);
    expect([view.status, JSON.parse(view.text).code]).toEqual([401, 'session.ended']);
    expect(browser.cookiesOf(shop.url).has('portico')).toBe(false);
    shop.provider.misbehave(undefined);
    expect((await copy.visit(`${shop.url}/page`)).status).toBe(401);
    const { gateway } = shop.gateway;
    expect(await metric(gateway, 'portico_token_renewals_total', { result: 'ended' })).toBe(1);
    expect(await metric(gateway, 'portico_sessions_ended_total', { why: 'provider' })).toBe(1);
  });

  it('stay while the provider fails: 503, and the session goes on afterwards', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    shop.clock.stepMs = 2 * HOUR;
    shop.provider.misbehave((path, respond) => {
      if (path === '/token') respond(500, 'broken');
      return path === '/token';
    });
    const view = await browser.visit(`${shop.url}/stock`);
    expect([view.status, JSON.parse(view.text).code]).toEqual([503, 'identity.unavailable']);
    expect((await browser.visit(`${shop.url}/page`)).status).toBe(200);
    shop.provider.misbehave(undefined);
    expect((await browser.visit(`${shop.url}/stock`)).status).toBe(200);
    const renewals = (result: string) => metric(shop.gateway.gateway, 'portico_token_renewals_total', { result });
    expect([await renewals('unavailable'), await renewals('renewed')]).toEqual([1, 1]);
  });

  it('are kept when the client leaves during their renewal', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    shop.clock.stepMs = 2 * HOUR;
    const leaving = new AbortController();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    shop.provider.delay(async path => {
      if (path !== '/token') return;
      arrive();
      await released;
    });
    const cookie = `portico=${browser.cookiesOf(shop.url).get('portico')}`;
    const left = fetch(`${shop.url}/stock`, { headers: { Cookie: cookie }, signal: leaving.signal }).catch(
      () => 'left',
    );
    await arrived;
    leaving.abort();
    expect(await left).toBe('left');
    release();
    await expect.poll(() => shop.provider.grants.refresh_token).toBe(1);
    expect((await browser.visit(`${shop.url}/stock`)).status).toBe(200);
    expect(shop.provider.grants.refresh_token).toBe(1);
  });

  it('that a service refuses are renewed, and the request is sent once more', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    await browser.visit(`${shop.url}/stock`);
    const [old] = shop.received;
    shop.respondWith(token => (token === old ? 401 : undefined));
    expect((await browser.visit(`${shop.url}/stock`)).status).toBe(200);
    expect(shop.received.length).toBe(3);
    expect(shop.provider.grants.refresh_token).toBe(1);
    // A service that refuses every token gets no new one each time.
    shop.respondWith(() => 401);
    expect((await browser.visit(`${shop.url}/stock`)).status).toBe(401);
    expect(shop.received.length).toBe(4);
    expect(shop.provider.grants.refresh_token).toBe(1);
  });

  it('that a service refuses are not sent again with a body that is gone', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    shop.respondWith(() => 401);
    const view = await browser.visit(`${shop.url}/stock`, {
      method: 'POST',
      body: Readable.from(['one ', 'pear']),
      headers: OWN_PAGE,
    });
    expect([view.status, shop.received.length]).toEqual([401, 1]);
  });

  it('of a session that was ended are gone', async () => {
    const shop = await shopWith(store);
    const browser = await signedIn(shop);
    const copy = browser.copy();
    await browser.visit(`${shop.url}/auth/logout`, { method: 'POST', follow: false, headers: OWN_PAGE });
    expect((await copy.visit(`${shop.url}/stock`)).status).toBe(401);
  });
});
