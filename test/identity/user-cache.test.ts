import fc from 'fast-check';
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { startGateway } from '../support/gateway.ts';
import { noRedis, TestRedis } from '../support/redis.ts';

type Store = 'memory' | 'disk' | 'redis';
const STORES: readonly Store[] = noRedis === undefined ? ['memory', 'disk', 'redis'] : ['memory', 'disk'];

interface Caller {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** A gateway whose responses are stored for each user, and whose backend says for whom it responds. */
async function userCaches(store: Store) {
  const keys = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  const issuer = await startBackend((req, res) => {
    res.setHeader('Content-Type', 'application/json');
    res.end(
      JSON.stringify(req.url === '/keys' ? { keys: [jwk] } : { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` }),
    );
  });
  const calls: string[] = [];
  const backend = await startBackend((req, res) => {
    const { authorization } = req.headers;
    const owner = authorization === undefined ? 'nobody' : nameOf(decodeJwt(authorization.slice('Bearer '.length)));
    calls.push(owner);
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ owner }));
  });
  const redis = store === 'redis' ? await TestRedis.start() : undefined;
  const cache = { memory: '', disk: `cache: { disk: 'cache.db' },`, redis: `cache: { redis: '${redis?.url}' },` }[
    store
  ];
  const gateway = await startGateway({
    'portico.config.ts': `import { defineGateway } from 'portico';
      export default defineGateway({ ${cache} auth: { jwt: { issuer: '${issuer.url}', audience: 'shop' } } });\n`,
    'services.ts': `import { defineService } from 'portico';
      export const owners = defineService('owners', { targets: ['${backend.url}'], token: 'user' });\n`,
    'routes/own/[page].get.ts': `import { defineRoute } from 'portico';
      import { owners } from '#services';
      export default defineRoute({ auth: 'optional', cache: { ttl: '5m', swr: '1h', scope: 'user' }, proxy: owners });\n`,
    'routes/parts/[page].get.ts': `import { defineRoute, type } from 'portico';
      import { owners } from '#services';
      export default defineRoute({
        auth: 'optional',
        cache: { ttl: '5m', scope: 'user' },
        aggregate: { own: { from: owners('/own'), response: type<unknown>(), cache: { ttl: '5m', scope: 'user' } } },
        reply: parts => parts.own,
      });\n`,
  });
  onTestFinished(async () => {
    await gateway[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });
  const known = new Map<string, string>();
  const tokenOf = async ({ subject, scopes, roles }: Caller): Promise<string> => {
    const name = JSON.stringify([subject, scopes, roles]);
    const token =
      known.get(name) ??
      (await new SignJWT({ iss: issuer.url, aud: 'shop', sub: subject, scope: scopes.join(' '), roles: [...roles] })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setExpirationTime('1h')
        .sign(keys.privateKey));
    known.set(name, token);
    return token;
  };
  return { gateway, calls, tokenOf };
}

function nameOf({ sub, scope, roles }: JWTPayload): string {
  return JSON.stringify([sub, scope, roles]);
}

const caller: fc.Arbitrary<Caller> = fc.record({
  subject: fc.constantFrom('ada', 'grace', 'ada grace', 'ada%20grace', 'user ada'),
  scopes: fc.constantFrom<readonly string[]>([], ['a'], ['a', 'b']),
  roles: fc.constantFrom<readonly string[]>([], ['a'], ['admin']),
});
const visit = fc.record({
  caller: fc.option(caller, { nil: undefined }),
  path: fc.constantFrom('/own/x', '/own/y', '/parts/x'),
  isConditional: fc.boolean(),
});

describe.each(STORES)('responses stored for each user in %s', store => {
  it('never reach another user, nor the same user with other rights', async () => {
    const { gateway, tokenOf } = await userCaches(store);
    let responses = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 12 }), async visits => {
        await Promise.all(
          visits.map(async ({ caller: by, path, isConditional }) => {
            const token = by === undefined ? undefined : await tokenOf(by);
            const response = await fetch(`${gateway.url}${path}`, {
              headers: {
                ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
                ...(isConditional ? { 'If-Modified-Since': new Date().toUTCString() } : {}),
              },
            });
            responses++;
            if (response.status === 304) return;
            const { owner } = (await response.json()) as { owner: string };
            expect(owner).toBe(
              by === undefined ? 'nobody' : nameOf({ sub: by.subject, scope: by.scopes.join(' '), roles: by.roles }),
            );
          }),
        );
      }),
      { numRuns: 60 },
    );
    expect(responses).toBeGreaterThan(100);
  });

  it('are found again by that user, and are a miss after a change of roles', async () => {
    const { gateway, calls, tokenOf } = await userCaches(store);
    const load = async (roles: readonly string[]) => {
      const token = await tokenOf({ subject: 'ada', scopes: [], roles });
      const response = await fetch(`${gateway.url}/own/x`, { headers: { Authorization: `Bearer ${token}` } });
      return response.headers.get('cache-status');
    };
    await load(['reader']);
    expect(await load(['reader'])).toContain('hit');
    expect(await load(['admin'])).not.toContain('hit');
    expect(calls.length).toBe(2);
  });
});
