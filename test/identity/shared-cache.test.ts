import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const PUBLIC = { 'Cache-Control': 'public, max-age=300' };
const UNSHAREABLE = { 'Cache-Control': 'no-store' };

/** The backend responds by the path, and says for whom: nobody's response is not stored, a user's may be. */
describe('responses stored for all behind `auth`', () => {
  let issuer: TestBackend;
  let backend: TestBackend;
  let gateway: TestGateway;
  let privateKey: CryptoKey;

  beforeAll(async () => {
    const keys = await generateKeyPair('ES256');
    ({ privateKey } = keys);
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    issuer = await startBackend((req, res) => {
      const document = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` };
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(req.url === '/keys' ? { keys: [jwk] } : document));
    });
    backend = await startBackend((req, res) => {
      const { authorization, 'x-user': name } = req.headers;
      const owner = name ?? authorization ?? 'nobody';
      const address = req.method === 'POST' ? { 'Content-Location': req.url ?? '' } : {};
      const lifetime = owner === 'nobody' && !req.url?.startsWith('/open') ? UNSHAREABLE : PUBLIC;
      res.writeHead(200, { 'Content-Type': 'application/json', ...lifetime, ...address });
      res.end(JSON.stringify(req.url?.startsWith('/batch') ? [{ id: 1, owner }] : { owner }));
    });
    const part = (from: string) => `import { defineRoute, type } from 'portico';
      import { owners, named } from '#services';
      export default defineRoute({
        auth: 'required',
        aggregate: { own: { from: ${from}, response: type<unknown>(), cache: { ttl: '5m', shared: true } } },
        reply: parts => parts.own,
      });\n`;
    const items = (calls: string) => `import { defineRoute, type } from 'portico';
      import { owners } from '#services';
      export default defineRoute({
        auth: 'required',
        aggregate: { own: { each: () => [1], ${calls}, response: type<any>(), cache: { ttl: '5m', shared: true } } },
        reply: parts => [...parts.own.values()][0],
      });\n`;
    const proxy = (service: string, cache: string) => `import { defineRoute } from 'portico';
      import { ${service} } from '#services';
      export default defineRoute({ auth: 'required', proxy: ${service}, cache: { ttl: '5m', shared: true, ${cache} } });\n`;
    gateway = await startGateway({
      'portico.config.ts': `import { defineGateway } from 'portico';
        export default defineGateway({ auth: { jwt: { issuer: '${issuer.url}', audience: 'shop' } } });\n`,
      'services.ts': `import { defineService } from 'portico';
        export const owners = defineService('owners', { targets: ['${backend.url}'], token: 'user' });
        export const named = defineService('named', {
          targets: ['${backend.url}'],
          headers: c => c.user === undefined ? {} : { 'X-User': c.user.subject },
        });\n`,
      'routes/token.get.ts': part(`() => owners('/own')`),
      'routes/open.get.ts': part(`() => owners('/open')`),
      'routes/fields.get.ts': part(`named('/own')`),
      'routes/each.get.ts': items(`from: () => owners('/own'), concurrency: 2`),
      'routes/batch.get.ts': items(`batch: { from: () => owners('/batch'), by: item => item.id, max: 5 }`),
      'routes/proxied.get.ts': proxy('named', ''),
      'routes/posted.ts': proxy('named', `profile: 'rfc9111'`),
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  const load = async (path: string, subject: string, init: RequestInit = {}): Promise<string> => {
    const token = await new SignJWT({ iss: issuer.url, aud: 'shop', sub: subject })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('1h')
      .sign(privateKey);
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    const response = await fetch(`${gateway.url}${path}`, { ...init, headers });
    const text = await response.text();
    return text.replaceAll(token, subject);
  };

  it.each(['/token', '/fields', '/each', '/batch', '/proxied'])('are never those of another user: %s', async path => {
    const views: string[] = [];
    for (const subject of ['ada', 'ada', 'ada', 'grace', 'grace', 'ada']) {
      const text = await load(path, subject);
      const { owner } = JSON.parse(text) as { owner: string };
      expect(['nobody', subject, `Bearer ${subject}`]).toContain(owner);
      views.push(owner);
    }
    // Users get their own as soon as it is known that nobody's is not for all.
    expect(views.some(owner => owner !== 'nobody')).toBe(true);
  });

  it('are fetched without a user', async () => {
    const before = backend.requests.length;
    expect([await load('/open', 'ada'), await load('/open', 'grace')]).toEqual(
      new Array(2).fill(JSON.stringify({ owner: 'nobody' })),
    );
    expect(backend.requests.length).toBe(before + 1);
  });

  it('do not come from the POST of a user', async () => {
    expect(await load('/posted', 'ada', { method: 'POST' })).toContain('ada');
    expect(await load('/posted', 'grace')).not.toContain('ada');
  });
});
