import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { echo } from '../support/echo.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';
import { exchangeRaw, get, parsed } from '../support/raw.ts';

const KEY = 'a-key-of-the-shop-app';
const HASH = createHash('sha256').update(KEY).digest('hex');

describe('a gateway with bearer tokens and API keys', () => {
  let issuer: TestBackend;
  let backend: TestBackend;
  let shop: TestGateway;
  let privateKey: CryptoKey;

  beforeAll(async () => {
    const keys = await generateKeyPair('RS256');
    ({ privateKey } = keys);
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    issuer = await startBackend((req, res) => {
      res.setHeader('Content-Type', 'application/json');
      const document = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` };
      res.end(JSON.stringify(req.url === '/keys' ? { keys: [jwk] } : document));
    });
    backend = await startBackend(echo);
    shop = await startGateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({
          trustedProxies: [],
          auth: { jwt: { issuer: '${issuer.url}', audience: 'shop' }, apiKey: { hashes: ['app ${HASH} orders:read'] } },
        });\n`,
      'services.ts': `import { defineService } from 'portico';
        export const stock = defineService('stock', { targets: ['${backend.url}'], token: 'user' });\n`,
      'routes/me.get.ts': route(
        `{ auth: 'required', handler: c => ({ ...c.user, claims: undefined, subject: c.subject }) }`,
      ),
      'routes/write.post.ts': route(`{ auth: { scopes: ['orders:write'] }, handler: () => 'written' }`),
      'routes/admin/_defaults.ts': `import { defineDefaults } from 'portico';
        export default defineDefaults({ auth: { roles: ['admin', 'owner'] } });\n`,
      'routes/admin/index.get.ts': route(`{ handler: () => 'admin' }`),
      'routes/admin/narrow.get.ts': route(`{ auth: { scopes: ['a'], by: ['jwt'] }, handler: () => 'narrow' }`),
      'routes/admin/open.get.ts': route(`{ auth: false, handler: c => ({ user: c.user ?? 'nobody' }) }`),
      'routes/limited.get.ts': route(`{ auth: 'required', rateLimit: { user: '2/1h' }, handler: () => 'x' }`),
      'routes/plain.get.ts': route(`{ proxy: '${backend.url}' }`),
      'routes/stock.get.ts': `import { defineRoute } from 'portico';
        import { stock } from '#services';
        export default defineRoute({ auth: 'required', proxy: stock });\n`,
    });
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  const token = (claims: JWTPayload = {}, header: object = {}) =>
    new SignJWT({ iss: issuer.url, aud: 'shop', sub: 'ada', exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
      .sign(privateKey);
  const send = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${shop.url}${path}`, { method, headers });
  const bearer = async (claims?: JWTPayload) => ({ Authorization: `Bearer ${await token(claims)}` });

  it('recognise the user of a token', async () => {
    const response = await send('/me', await bearer({ scope: 'a b', roles: ['admin'] }));
    expect(await response.json()).toEqual({ issuer: issuer.url, subject: 'ada', scopes: ['a', 'b'], roles: ['admin'] });
    expect(response.headers.get('cache-control')).toBe('private');
  });

  it('recognise the program of a key, which no backend receives', async () => {
    expect(await (await send('/me', { 'X-Api-Key': KEY })).json()).toMatchObject({ issuer: 'api-key', subject: 'app' });
    const seen = await (await send('/plain', { 'X-Api-Key': KEY })).json();
    expect(JSON.stringify(seen)).not.toContain(KEY);
    expect((await send('/me', { 'X-Api-Key': 'another' })).status).toBe(401);
  });

  it('say how to authenticate, and lead nobody to another page', async () => {
    const response = await send('/me', { 'Sec-Fetch-Mode': 'navigate' });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer, ApiKey']);
  });

  it('refuse two Authorization fields with 400', async () => {
    const field = `Authorization: Bearer ${await token()}`;
    expect(parsed(await exchangeRaw(shop.port, get('/me', field, field))).status).toBe(400);
  });

  it('refuse a token that has expired, with the reason', async () => {
    const response = await send('/me', await bearer({ exp: Math.floor(Date.now() / 1_000) - 40 }));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('refuse a user without the scope, and name it', async () => {
    const refused = await send('/write', await bearer({ scope: 'orders:read' }), 'POST');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="orders:write"');
    expect((await send('/write', await bearer({ scope: 'orders:write' }), 'POST')).status).toBe(200);
    expect((await send('/write', { 'X-Api-Key': KEY }, 'POST')).status).toBe(403);
  });

  it('require what the folder and the route require together; only false removes it', async () => {
    expect((await send('/admin', await bearer({ roles: ['reader'] }))).status).toBe(403);
    expect((await send('/admin', await bearer({ roles: ['owner'] }))).status).toBe(200);
    expect((await send('/admin/narrow', await bearer({ roles: ['owner'] }))).status).toBe(403);
    expect((await send('/admin/narrow', await bearer({ scope: 'a' }))).status).toBe(403);
    expect((await send('/admin/narrow', await bearer({ scope: 'a', roles: ['admin'] }))).status).toBe(200);
    expect((await send('/admin/narrow', { 'X-Api-Key': KEY })).status).toBe(401);
    expect(await (await send('/admin/open', await bearer())).json()).toEqual({ user: 'nobody' });
  });

  it('count the requests of each user', async () => {
    const [ada, grace] = [await bearer({ sub: 'ada' }), await bearer({ sub: 'grace' })];
    const statuses: number[] = [];
    for (const headers of [ada, ada, ada, grace]) statuses.push((await send('/limited', headers)).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  it('pass the token on to a service that receives that of the user', async () => {
    const headers = await bearer();
    const seen = (await (await send('/stock', headers)).json()) as { headers: Record<string, string> };
    expect(seen.headers.authorization).toBe(headers.Authorization);
    const ofKey = (await (
      await send('/stock', { 'X-Api-Key': KEY, Authorization: 'Basic eDp5' })
    ).json()) as typeof seen;
    expect(ofKey.headers.authorization).toBeUndefined();
  });
});
