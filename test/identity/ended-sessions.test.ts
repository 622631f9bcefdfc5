import { describe, expect, it, onTestFinished } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { SteppedClock } from '../support/clock.ts';
import { echo } from '../support/echo.ts';
import { metric } from '../support/metric.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

const HOUR = 3_600_000;

interface Shop extends SignInProject {
  /** Makes every token too old. */
  age(): void;
  /** The provider responds to every renewal with this status and error from now on. */
  respondToRenewals(status: number, error: string): void;
}

function routeOf(definition: string): string {
  return `import { defineRoute, type } from 'portico';
    import { catalog, stock } from '#services';
    export default defineRoute(${definition});\n`;
}

const part = (options: string) => `{ from: stock('/x'), response: type<any>(), ${options} }`;
const each = (options: string) =>
  `{ each: () => [1, 2], from: (c, id) => stock('/x/{id}', { id }), concurrency: 2, response: type<any>(), ${options} }`;
const batch = (options: string) =>
  `{ each: () => [1, 2], batch: { from: () => stock('/x'), by: item => item.id, max: 9 }, response: type<any>(), ${options} }`;
const aggregate = (own: string) =>
  routeOf(`{ auth: 'required', aggregate: { own: ${own} }, reply: () => ({ whole: true }) }`);

/** A shop whose stock receives the token of the user. */
async function shopWithStock(): Promise<Shop> {
  const backend = await startBackend(echo);
  const clock = new SteppedClock();
  const cache = `cache: { ttl: '1ms', staleIfError: '9h', scope: 'user' }`;
  const shop = await signInProject({
    session: `store: 'disk'`,
    oidc: `scopes: ['openid', 'offline_access'], parameters: { prompt: 'consent' }`,
    options: { clock },
    files: {
      'services.ts': `import { defineService } from 'portico';
        export const stock = defineService('stock', { targets: ['${backend.url}'], token: 'user' });
        export const catalog = defineService('catalog', { targets: ['${backend.url}'] });\n`,
      'routes/own.get.ts': routeOf(`{ auth: 'required', proxy: stock, ${cache} }`),
      'routes/optional.get.ts': aggregate(part('optional: true')),
      'routes/fallback.get.ts': aggregate(part('fallback: { from: 1 }')),
      'routes/each.get.ts': aggregate(each('optional: true')),
      'routes/items.get.ts': aggregate(each(`fallback: { from: 1 }, ${cache}`)),
      'routes/batch.get.ts': aggregate(batch('optional: true')),
      'routes/stored-batch.get.ts': aggregate(batch(`optional: true, ${cache}`)),
      'routes/stream.get.ts': routeOf(
        `{ auth: 'required', stream: true, aggregate: { own: ${part('optional: true')} } }`,
      ),
      'routes/begun.get.ts': routeOf(`{ auth: 'required', stream: true, aggregate: {
        first: { from: catalog('/x'), response: type<any>() },
        own: { from: stock('/x'), dependsOn: ['first'], response: type<any>(), optional: true },
      } }`),
    },
  });
  onTestFinished(async () => {
    await shop[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });
  return {
    ...shop,
    age: () => {
      clock.stepMs += 2 * HOUR;
    },
    respondToRenewals: (status, error) =>
      shop.provider.misbehave((path, respond) => {
        if (path === '/token') respond(status, JSON.stringify({ error }));
        return path === '/token';
      }),
  };
}

async function signedIn(shop: SignInProject): Promise<SignInBrowser> {
  const browser = new SignInBrowser();
  await browser.signIn(`${shop.url}/page`, 'ada');
  return browser;
}

describe('a session that the provider ends during a request', () => {
  it.each(['optional', 'fallback', 'each', 'items', 'batch', 'stored-batch', 'stream'])(
    'ends the whole response with a part that could be left out: /%s',
    async path => {
      const shop = await shopWithStock();
      const browser = await signedIn(shop);
      shop.age();
      shop.respondToRenewals(400, 'invalid_grant');
      const view = await browser.visit(`${shop.url}/${path}`);
      expect([view.status, JSON.parse(view.text).code]).toEqual([401, 'session.ended']);
      expect(browser.cookiesOf(shop.url).has('portico')).toBe(false);
    },
  );

  it('is the failure in the last lines of a stream that has begun', async () => {
    const shop = await shopWithStock();
    const browser = await signedIn(shop);
    shop.age();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    shop.provider.misbehave((path, respond) => {
      if (path === '/token') void released.then(() => respond(400, JSON.stringify({ error: 'invalid_grant' })));
      return path === '/token';
    });
    const cookie = `portico=${browser.cookiesOf(shop.url).get('portico')}`;
    const response = await fetch(`${shop.url}/begun`, { headers: { Cookie: cookie } });
    // The head is there, so the stream has begun.
    release();
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.slice(-2)).toEqual([{ part: 'own', error: { code: 'session.ended', status: 401 } }, { done: false }]);
  });

  it('is not hidden by a stale response', async () => {
    const shop = await shopWithStock();
    const browser = await signedIn(shop);
    expect((await browser.visit(`${shop.url}/own`)).status).toBe(200);
    shop.age();
    shop.respondToRenewals(500, 'server_error');
    await expect
      .poll(async () => (await browser.visit(`${shop.url}/own`)).headers.get('cache-status'))
      .toContain('detail=identity.unavailable');
    expect((await browser.visit(`${shop.url}/own`)).status).toBe(200);
    shop.respondToRenewals(400, 'invalid_grant');
    expect((await browser.visit(`${shop.url}/own`)).status).toBe(401);
  });

  it('does not fail the other session of the user that waits for the same response', async () => {
    const shop = await shopWithStock();
    const [ended, other] = [await signedIn(shop), await signedIn(shop)];
    shop.age();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let renewals = 0;
    shop.provider.misbehave((path, respond) => {
      if (path !== '/token' || renewals++ > 0) return false;
      arrive();
      void released.then(() => respond(400, JSON.stringify({ error: 'invalid_grant' })));
      return true;
    });
    const first = ended.visit(`${shop.url}/own`);
    await arrived;
    const admitted = () => metric(shop.gateway.gateway, 'portico_auth_total', { route: '/own', result: 'session' });
    const second = other.visit(`${shop.url}/own`);
    await expect.poll(admitted).toBe(2);
    release();
    expect((await first).status).toBe(401);
    expect((await second).status).toBe(200);
    expect(other.cookiesOf(shop.url).has('portico')).toBe(true);
    expect(renewals).toBe(2);
  });
});
