import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { route, startGateway } from '../support/gateway.ts';
import { metric } from '../support/metric.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

type Store = 'disk' | 'redis';
const STORES: readonly Store[] = noRedis === undefined ? ['disk', 'redis'] : ['disk'];

async function shopWith(store: Store): Promise<SignInProject> {
  const redis = store === 'redis' ? await TestRedis.start() : undefined;
  const shop = await signInProject({
    session: `store: '${store}'`,
    gateway: redis === undefined ? '' : `cache: { redis: '${redis.url}' },`,
  });
  onTestFinished(async () => {
    await shop[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });
  return shop;
}

async function signedIn({ url }: SignInProject, name: string): Promise<SignInBrowser> {
  const browser = new SignInBrowser();
  await browser.signIn(`${url}/page`, name);
  return browser;
}

const statusOf = async (browser: SignInBrowser, url: string) =>
  (await browser.visit(`${url}/page`, { follow: false })).status;

describe.each(STORES)('an operator, with sessions in %s', store => {
  it('lists them, the newest first, without what is secret', async () => {
    const shop = await shopWith(store);
    const browsers = [await signedIn(shop, 'ada'), await signedIn(shop, 'bob')];
    const listing = await shop.gateway.gateway.sessions();
    expect(listing).toMatchObject({
      store,
      sessions: [
        { subject: 'bob', issuer: shop.provider.issuer, scopes: ['openid'], roles: ['bob'], hasTokens: true },
        { subject: 'ada' },
      ],
      more: 0,
    });
    expect(await shop.gateway.gateway.sessions({ user: 'ada' })).toMatchObject({ sessions: [{ subject: 'ada' }] });
    expect(await shop.gateway.gateway.sessions({ user: 'eve' })).toMatchObject({ sessions: [] });
    const text = JSON.stringify(listing);
    const secrets = browsers.map(browser => browser.cookiesOf(shop.url).get('portico') ?? 'no cookie');
    for (const secret of [...secrets, 'Name of', 'eyJ']) expect(text).not.toContain(secret);
  });

  it('ends those of a user, also at another gateway with the same store', async () => {
    const shop = await shopWith(store);
    const [ada, bob] = [await signedIn(shop, 'ada'), await signedIn(shop, 'bob')];
    const second = await createGateway({ dir: shop.gateway.project.dir, logLevel: 'silent' });
    onTestFinished(() => second.close({ graceMs: 0 }));
    const { port } = (await second.listen({ port: 0, host: 'localhost' })) as AddressInfo;
    expect(await second.endSessions({ user: 'ada' })).toEqual({ store, ended: 1 });
    expect([await statusOf(ada, shop.url), await statusOf(bob, shop.url)]).toEqual([401, 200]);
    const twin = new SignInBrowser();
    twin.cookies.set(`localhost:${port}`, new Map(bob.cookiesOf(shop.url)));
    expect(await statusOf(twin, `http://localhost:${port}`)).toBe(200);
  });

  it('ends all of them, and users can sign in again', async () => {
    const shop = await shopWith(store);
    const [ada, bob] = [await signedIn(shop, 'ada'), await signedIn(shop, 'bob')];
    const { gateway } = shop.gateway;
    expect(await gateway.endSessions({ all: true })).toEqual({ store, ended: 2 });
    expect([await statusOf(ada, shop.url), await statusOf(bob, shop.url)]).toEqual([401, 401]);
    expect(await statusOf(await signedIn(shop, 'ada'), shop.url)).toBe(200);
    expect(await gateway.sessions()).toMatchObject({ sessions: [{ subject: 'ada' }] });
    expect(await metric(gateway, 'portico_sessions_begun_total')).toBe(3);
    expect(await metric(gateway, 'portico_sessions_ended_total', { why: 'operator' })).toBe(2);
  });
});

describe('an operator', () => {
  it('ends a stream of a session that is ended, and no other one', async () => {
    await using shop = await signInProject({
      session: `store: 'disk'`,
      files: {
        'routes/events.get.ts': route(`{ auth: 'required', handler: () => new Response(
          new ReadableStream({ start: stream => { stream.enqueue(new TextEncoder().encode('data: 1\\n\\n')); } }),
          { headers: { 'Content-Type': 'text/event-stream' } }) }`),
      },
    });
    const [ada, bob] = [await signedIn(shop, 'ada'), await signedIn(shop, 'bob')];
    const leaving = new AbortController();
    const streamOf = async (browser: SignInBrowser) => {
      const headers = { Cookie: `portico=${browser.cookiesOf(shop.url).get('portico')}` };
      const response = await fetch(`${shop.url}/events`, { headers, signal: leaving.signal });
      const reader = response.body?.getReader();
      await reader?.read();
      return reader;
    };
    const [ofAda, ofBob] = [await streamOf(ada), await streamOf(bob)];
    const end = Promise.resolve(ofAda?.read()).then(
      result => result?.done,
      () => true,
    );
    let isBobOver = false;
    const over = Promise.resolve(ofBob?.read()).then(
      () => undefined,
      () => {
        isBobOver = true;
      },
    );
    await shop.gateway.gateway.endSessions({ user: 'ada' });
    expect(await end).toBe(true);
    expect(isBobOver).toBe(false);
    leaving.abort();
    await over;
  });

  it('hears of a command that does not fit, and of a gateway without sign-in', async () => {
    await using shop = await signInProject();
    const { gateway } = shop.gateway;
    await expect(gateway.endSessions({ id: 'short' })).rejects.toThrow(
      new TypeError('this command does not fit: id must be an id of the list, 22 characters'),
    );
    await expect(gateway.endSessions({ all: true })).rejects.toThrow(TypeError);
    expect(await gateway.sessions()).toEqual({ store: 'cookie', sessions: [], more: 0 });
    await using plain = await startGateway({ 'routes/a.get.ts': route(`{ handler: () => 'a' }`) });
    expect(await plain.gateway.sessions()).toBeUndefined();
    expect(await plain.gateway.endSessions({ all: true })).toBeUndefined();
  });
});

describe('the metrics of sign-in', () => {
  it('count requests by what authenticated them, and the ends of sessions by their reason', async () => {
    await using shop = await signInProject({
      session: `store: 'disk'`,
      files: { 'routes/staff.get.ts': route(`{ auth: { roles: ['staff'] }, handler: c => c.user }`) },
    });
    const { gateway } = shop.gateway;
    const ada = await signedIn(shop, 'ada');
    await ada.visit(`${shop.url}/page`);
    await ada.visit(`${shop.url}/staff`);
    await ada.visit(`${shop.url}/open`);
    await new SignInBrowser().visit(`${shop.url}/open`);
    await new SignInBrowser().visit(`${shop.url}/page`, { follow: false });
    const auth = (path: string, result: string) => metric(gateway, 'portico_auth_total', { route: path, result });
    expect([
      await auth('/page', 'session'),
      await auth('/page', 'unauthorized'),
      await auth('/page', 'forbidden'),
      await auth('/staff', 'forbidden'),
      await auth('/open', 'session'),
      await auth('/open', 'anonymous'),
    ]).toEqual([2, 2, 0, 1, 1, 1]);

    await ada.signIn(`${shop.url}/auth/login`, 'ada');
    await ada.visit(`${shop.url}/auth/logout`, {
      method: 'POST',
      follow: false,
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    });
    const ended = (why: string) => metric(gateway, 'portico_sessions_ended_total', { why });
    expect(await metric(gateway, 'portico_sessions_begun_total')).toBe(2);
    expect([await ended('replaced'), await ended('logout'), await ended('operator')]).toEqual([1, 1, 0]);
  });

  it('are absent in a gateway without sign-in', async () => {
    await using plain = await startGateway({ 'routes/a.get.ts': route(`{ handler: () => 'a' }`) });
    await fetch(`${plain.url}/a`);
    const snapshot = await plain.gateway.metrics();
    const series = snapshot
      .filter(({ name }) => /auth|rate_limited|csrf|session|renewal/.test(name))
      .flatMap(({ values }) => values);
    expect(series).toEqual([]);
  });
});
