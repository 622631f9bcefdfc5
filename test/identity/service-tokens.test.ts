import type { IncomingMessage } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBackend, type TestBackend } from '../support/backend.ts';
import { SteppedClock } from '../support/clock.ts';
import { route, startGateway, type TestGateway } from '../support/gateway.ts';

interface Grant {
  readonly grant: string | null;
  readonly audience: string | null;
  readonly scope: string | null;
  readonly subject: string | null;
  readonly client: string;
}

/** A provider that makes tokens for services, and remembers what was requested. */
describe('a service', () => {
  const clock = new SteppedClock();
  const grants: Grant[] = [];
  let respond: (grant: Grant) => { readonly status: number; readonly body: unknown };
  let provider: TestBackend;
  let backend: TestBackend;
  let shop: TestGateway;
  let token: string;
  let refused: string;

  beforeAll(async () => {
    const keys = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    provider = await startBackend(async (req, res) => {
      res.setHeader('Content-Type', 'application/json');
      if (req.url === '/token') {
        const grant = await grantIn(req);
        grants.push(grant);
        const { status, body } = respond(grant);
        res.writeHead(status).end(JSON.stringify(body));
        return;
      }
      const document = {
        issuer: provider.url,
        authorization_endpoint: `${provider.url}/authorize`,
        token_endpoint: `${provider.url}/token`,
        jwks_uri: `${provider.url}/keys`,
      };
      res.end(JSON.stringify(req.url === '/keys' ? { keys: [jwk] } : document));
    });
    backend = await startBackend((req, res) => {
      const { authorization } = req.headers;
      if (authorization === refused) res.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
      else res.end(authorization ?? 'nothing');
    });
    const service = (name: string, wanted: string) =>
      `export const ${name} = defineService('${name}', { targets: ['${backend.url}'], token: ${wanted} });\n`;
    const proxy = (name: string, auth: string) => `import { defineRoute } from 'portico';
      import { ${name} } from '#services';
      export default defineRoute({ auth: '${auth}', proxy: ${name} });\n`;
    shop = await startGateway(
      {
        'portico.config.ts': `import { defineGateway } from 'portico';
          export default defineGateway({
            origin: 'http://localhost:8080',
            auth: {
              oidc: { issuer: '${provider.url}', clientId: 'shop', secret: 'a secret' },
              jwt: { issuer: '${provider.url}', audience: 'shop' },
            },
            session: { keys: '${'ab'.repeat(32)}' },
          });\n`,
        'services.ts': `import { defineService } from 'portico';
          ${service('stock', `{ exchange: 'urn:stock' }`)}
          ${service('prices', `{ client: ['prices:read', 'prices:list'] }`)}`,
        'routes/stock.get.ts': proxy('stock', 'optional'),
        'routes/prices.get.ts': proxy('prices', 'optional'),
        'routes/plain.get.ts': route(`{ proxy: '${backend.url}' }`),
      },
      { clock },
    );
    token = await new SignJWT({ iss: provider.url, aud: 'shop', sub: 'ada' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('1d')
      .sign(keys.privateKey);
  });
  beforeEach(() => {
    clock.stepMs = 0;
    grants.length = 0;
    refused = 'none';
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });

  let made = 0;
  const granting = (seconds: number) => () => ({
    status: 200,
    body: {
      access_token: `made ${++made}`.replace(' ', '-'),
      token_type: 'Bearer',
      expires_in: seconds,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    },
  });
  const load = async (path: string, headers: Record<string, string> = { Authorization: `Bearer ${token}` }) => {
    const response = await fetch(`${shop.url}${path}`, { headers });
    return { status: response.status, text: await response.text() };
  };

  it('receives a token that the provider makes of the one of the user, once for calls at once', async () => {
    respond = granting(600);
    const loads = await Promise.all(Array.from({ length: 5 }, () => load('/stock')));
    expect(new Set(loads.map(({ text }) => text))).toEqual(new Set([`Bearer made-${made}`]));
    expect(grants).toEqual([
      {
        grant: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience: 'urn:stock',
        scope: null,
        subject: token,
        client: 'shop:a+secret',
      },
    ]);
  });

  it('receives nothing for a request without a user', async () => {
    expect(await load('/stock', { Authorization: 'Basic eDp5' })).toEqual({ status: 200, text: 'nothing' });
  });

  it('receives the own token of the gateway, until shortly before its end', async () => {
    respond = granting(60);
    const [first, second] = [await load('/prices'), await load('/prices', {})];
    expect([first.text, second.text]).toEqual([`Bearer made-${made}`, `Bearer made-${made}`]);
    expect(grants).toMatchObject([{ grant: 'client_credentials', scope: 'prices:read prices:list', subject: null }]);
    clock.stepMs = 49_000;
    expect((await load('/prices')).text).toBe(`Bearer made-${made}`);
    expect(grants).toHaveLength(2);
  });

  it('that refuses the token gets another one, once', async () => {
    respond = granting(600);
    clock.stepMs = 3_600_000;
    refused = (await load('/prices')).text;
    expect((await load('/prices')).text).toBe(`Bearer made-${made}`);
    expect(grants).toHaveLength(2);
  });

  it('is not called without the token that it needs', async () => {
    clock.stepMs = 7_200_000;
    const before = backend.requests.length;
    respond = () => ({ status: 400, body: { error: 'invalid_scope' } });
    expect(await load('/prices')).toMatchObject({ status: 502, text: expect.stringContaining('identity.refused') });
    respond = () => ({ status: 503, body: {} });
    expect(await load('/prices')).toMatchObject({ status: 503, text: expect.stringContaining('identity.unavailable') });
    expect(backend.requests.length).toBe(before);
    respond = granting(600);
    expect((await load('/prices')).status).toBe(200);
  });

  it('without `token` receives what the client sent', async () => {
    expect((await load('/plain')).text).toBe(`Bearer ${token}`);
  });
});

async function grantIn(req: IncomingMessage): Promise<Grant> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString());
  const credentials = (req.headers.authorization ?? '').replace(/^Basic /, '');
  return {
    grant: form.get('grant_type'),
    audience: form.get('audience'),
    scope: form.get('scope'),
    subject: form.get('subject_token'),
    client: Buffer.from(credentials, 'base64').toString(),
  };
}
