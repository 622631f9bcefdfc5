import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainQuery } from '../../src/core/explanation.ts';
import type { Gateway } from '../../src/gateway.ts';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { route, startGateway } from '../support/gateway.ts';
import { metric } from '../support/metric.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

const APP = 'https://app.example';
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'none' };

/** What the steps of a route decide, by their names. */
function decisions(gateway: Gateway, path: string, query: Partial<ExplainQuery> = {}): Record<string, string> {
  const { outcome } = gateway.explain({ method: 'GET', path, ...query });
  if (outcome.kind !== 'route') throw new Error(`explained as ${outcome.kind}`);
  const decided = outcome.route.steps.flatMap(({ name, decision }) =>
    decision === undefined ? [] : [[name, decision]],
  );
  return Object.fromEntries(decided);
}

describe('the explanation of a request to a gateway with sign-in', () => {
  let shop: SignInProject;
  let backend: TestBackend;

  beforeAll(async () => {
    backend = await startBackend((_req, res) => res.end('ok'));
    const service = (name: string, token: string) =>
      `export const ${name} = defineService('${name}', { targets: ['${backend.url}'], token: ${token} });\n`;
    shop = await signInProject({
      session: `store: 'disk'`,
      isProviderDown: true,
      files: {
        'services.ts': `import { defineService } from 'portico';
          ${service('mine', `'user'`)}${service('stock', `{ exchange: 'urn:stock' }`)}${service('own', `{ client: ['a:b'] }`)}`,
        'routes/orders.get.ts': route(`{ auth: { scopes: ['orders:read', 'orders:list'] }, handler: c => c.user }`),
        'routes/staff.get.ts': route(`{ auth: { roles: ['admin', 'editor'] }, handler: c => c.user }`),
        ...Object.fromEntries(
          ['mine', 'stock', 'own'].map(name => [
            `routes/${name}.get.ts`,
            `import { ${name} } from '#services';\n${route(`{ auth: 'optional', proxy: ${name} }`)}`,
          ]),
        ),
        'routes/mine-stored.get.ts': `import { mine } from '#services';\n${route(
          `{ auth: 'required', proxy: mine, cache: { ttl: '1m', scope: 'user' } }`,
        )}`,
      },
    });
  });

  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  const auth = (path: string, query: Partial<ExplainQuery> = {}) => decisions(shop.gateway.gateway, path, query).auth;

  it('says where a request without a user is led', () => {
    expect(auth('/page?a=1')).toBe('401: no user; the sign-in is at /auth/login?to=%2Fpage%3Fa%3D1');
    expect(auth('/page?a=1', { headers: PAGE })).toBe('302 to /auth/login?to=%2Fpage%3Fa%3D1');
    expect(auth('/page?a=1', { headers: { ...PAGE, 'Sec-Fetch-Site': 'cross-site' } })).toMatch(
      /^200 .* \/page\?a=1 again/,
    );
    expect(auth('/open')).toBe('passes without a user');
  });

  it('says whether a user has the scopes and roles', () => {
    const user = 'u7';
    expect(auth('/page', { user })).toBe('passes as u7 with a session');
    expect(auth('/orders', { user })).toBe('403: u7 lacks the scopes orders:read, orders:list');
    expect(auth('/orders', { user, claims: { scope: 'openid orders:read' } })).toBe(
      '403: u7 lacks the scope orders:list',
    );
    expect(auth('/orders', { user, claims: { scp: ['orders:list', 'orders:read'] } })).toBe(
      'passes as u7 with a session',
    );
    expect(auth('/staff', { user, claims: { roles: ['guest'] } })).toBe('403: u7 has none of the roles admin, editor');
    expect(auth('/staff', { user, claims: { roles: ['editor'] } })).toBe('passes as u7 with a session');
  });

  it('says which token a service would receive', () => {
    const token = (path: string, user?: string) =>
      decisions(shop.gateway.gateway, path, user === undefined ? {} : { user }).token;
    expect(token('/mine')).toBe('none: there is no user');
    expect(token('/mine', 'u7')).toBe('that of the session of u7');
    expect(token('/stock', 'u7')).toBe('one for urn:stock, exchanged for that of the session of u7');
    expect(token('/own')).toBe("the gateway's own, for a:b");
  });

  it('has the key of a user in a cache', () => {
    const { outcome } = shop.gateway.gateway.explain({ method: 'GET', path: '/mine-stored', user: 'u7' });
    const steps = outcome.kind === 'route' ? outcome.route.steps : [];
    expect(steps.find(({ name }) => name === 'cache')?.cache?.key).toBe('GET /mine-stored · user u7');
  });

  it('says whether a page may send a request for the user', () => {
    const csrf = (headers: Record<string, string>, user?: string) =>
      decisions(shop.gateway.gateway, '/order', { method: 'POST', headers, ...(user === undefined ? {} : { user }) })
        .csrf;
    expect(csrf({ 'Sec-Fetch-Site': 'same-origin' }, 'u7')).toBe('passes');
    expect(csrf({ 'Sec-Fetch-Site': 'cross-site' }, 'u7')).toMatch(/^403: A page of another origin/);
    expect(csrf({}, 'u7')).toMatch(/^403: Nothing says which page/);
    expect(csrf({})).toBe('passes');
  });

  it('changes and calls nothing', async () => {
    await shop.gateway.gateway.explain({ method: 'GET', path: '/mine', user: 'u7' });
    expect(backend.requests).toHaveLength(0);
    expect(await metric(shop.gateway.gateway, 'portico_auth_total')).toBe(0);
  });
});

describe('the explanation of the first steps of a route', () => {
  const KEY = createHash('sha256').update('a key').digest('hex');
  const started = () =>
    startGateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({
          trustedProxies: [],
          auth: {
            jwt: { issuer: 'https://id.example', audience: 'shop' },
            apiKey: { hashes: ['robot ${KEY} a:b'] },
            roles: 'realm_access.roles',
          },
        });\n`,
      'routes/a.get.ts': route(`{
        auth: { roles: ['admin'] }, cors: { origins: ['${APP}'], credentials: true }, allow: ['127.0.0.0/8'],
        rateLimit: { address: '2/1m', user: '5/1m', tenant: { rate: '3/1m', key: c => c.headers['x-tenant'] },
          broken: { rate: '3/1m', key: c => c.body.cart } },
        handler: () => 'a',
      }`),
      'routes/far.get.ts': route(`{ allow: ['10.0.0.0/8'], handler: () => 'a' }`),
      'routes/keys.get.ts': route(`{ auth: { by: ['apiKey'] }, handler: () => 'a' }`),
    });

  it('says whether an address may call, and what pages of an origin may read', async () => {
    await using made = await started();
    expect(decisions(made.gateway, '/far')).toEqual({ allow: '403: 127.0.0.1' });
    expect(decisions(made.gateway, '/a')).toMatchObject({
      allow: 'passes: 127.0.0.1',
      cors: 'no fields, the request has no Origin',
    });
    expect(decisions(made.gateway, '/a', { headers: { Origin: APP } }).cors).toBe(
      `Access-Control-Allow-Origin: ${APP}, Access-Control-Allow-Credentials: true`,
    );
    expect(decisions(made.gateway, '/a', { headers: { Origin: 'https://evil.example' } }).cors).toBe(
      'no fields for pages of https://evil.example',
    );
  });

  it('has the roles of the configured claim, and what the route accepts', async () => {
    await using made = await started();
    const claims = { realm_access: { roles: ['admin'] } };
    expect(decisions(made.gateway, '/a', { user: 'u7', claims }).auth).toBe('passes as u7 with an access token');
    expect(decisions(made.gateway, '/keys', { user: 'u7' }).auth).toBe(
      '401: no user; u7 comes with an access token, and the route accepts an API key',
    );
  });

  it('says what is left of a rate, without counting', async () => {
    await using made = await started();
    const ratesOf = (query: Partial<ExplainQuery> = {}) => {
      const { outcome } = made.gateway.explain({ method: 'GET', path: '/a', ...query });
      if (outcome.kind !== 'route') throw new Error(outcome.kind);
      return outcome.route.steps.filter(({ name }) => name === 'rate').map(({ decision }) => decision);
    };
    const before = [
      'address: 2 of 2 left',
      'user: no key, not counted',
      'tenant: no key, not counted, broken: the key is not known before the request',
    ];
    expect([ratesOf(), ratesOf()]).toEqual([before, before]);
    expect(ratesOf({ user: 'u7', headers: { 'X-Tenant': 't' } })).toEqual([
      'address: 2 of 2 left',
      'user: 5 of 5 left',
      'tenant: 3 of 3 left, broken: the key is not known before the request',
    ]);
    for (let i = 0; i < 3; i++) await (await fetch(`${made.url}/a`)).arrayBuffer();
    expect(ratesOf()[0]).toMatch(/^address: 429, the next one in \d+ s$/);
    expect(await metric(made.gateway, 'portico_rate_limited_total', { route: '/a', limit: 'address' })).toBe(1);
    expect(await metric(made.gateway, 'portico_rate_limited_total', { limit: 'user' })).toBe(0);
    expect(await metric(made.gateway, 'portico_auth_total', { result: 'unauthorized' })).toBe(2);
  });
});
