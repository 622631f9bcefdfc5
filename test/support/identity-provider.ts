import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { Provider } from 'oidc-provider';

/** A real identity provider on a free port: whoever enters a name is signed in under that name. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  /** The number of requests to the token endpoint, by grant. */
  readonly grants: Readonly<Record<string, number>>;
  /** Replaces the handling of requests, for a provider that fails; undefined restores it. */
  misbehave(handler: ((path: string, respond: (status: number, body?: string) => void) => boolean) | undefined): void;
  /** The ids of the provider's sessions, in the order of their sign-ins. */
  readonly sids: readonly string[];
  /** A token of another kind with its key. */
  signed(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** A logout token with its key; undefined claims are left out. */
  logoutToken(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** Its public key as a JWK. */
  publicKey(): Promise<JWK>;
  /** Delays requests to the provider. */
  delay(handler: (path: string) => Promise<void>): void;
  /** Stops listening, and listens again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

interface Registration {
  readonly redirectUri: string;
  /** The life of access tokens, in seconds. Default 3600. */
  readonly accessSeconds?: number;
  readonly backChannel?: string;
  /** Further claims of every user. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

const NO_TOKEN = 'e30.e30.';

export const CLIENT = { id: 'shop', secret: 'a-secret-of-the-shop-for-tests-only' };

export async function startProvider({
  redirectUri,
  accessSeconds = 3_600,
  backChannel,
  claims = {},
}: Registration): Promise<TestProvider> {
  const grants: Record<string, number> = {};
  let delaying: Parameters<TestProvider['delay']>[0] = async () => undefined;
  let misbehaving: Parameters<TestProvider['misbehave']>[0];
  let handle: ReturnType<Provider['callback']> | undefined;
  const server: Server = createServer((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    const isTaken = misbehaving?.(path, (status, body = '') => {
      res.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
    });
    if (isTaken !== true) void delaying(path).then(() => handle?.(req, res));
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const keys = await generateKeyPair('RS256', { extractable: true });
  const sids: string[] = [];
  const jwk = { ...(await exportJWK(keys.privateKey)), kid: 'of the test', alg: 'RS256', use: 'sig' };
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [new URL('/', redirectUri).href],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        ...(backChannel === undefined
          ? {}
          : { backchannel_logout_uri: backChannel, backchannel_logout_session_required: true }),
      },
    ],
    features: {
      devInteractions: { enabled: true },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    // A refresh token for every sign-in that wants one, whatever the page of consent says.
    issueRefreshToken: async (_ctx, client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: accessSeconds,
      IdToken: 3_600,
      RefreshToken: 86_400,
      Session: 86_400,
      Grant: 86_400,
      Interaction: 600,
    },
    scopes: ['openid', 'offline_access', 'orders:read', 'orders:write', 'stock:read'],
    claims: { openid: ['sub', 'roles', 'name', ...Object.keys(claims)] },
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `Name of ${id}`, roles: [id], ...claims }),
    }),
    cookies: { keys: ['a key for tests'] },
    // Its own dispatcher refuses addresses of this host.
    fetch: (url, { dispatcher: _, ...options } = {}) => globalThis.fetch(url, options),
  });
  const count = (grant: string) => {
    grants[grant] = (grants[grant] ?? 0) + 1;
  };
  provider.on('grant.success', ctx => count(String(ctx.oidc.params?.grant_type)));
  provider.on('grant.error', ctx => count(`failed ${String(ctx.oidc.params?.grant_type)}`));
  provider.on('grant.success', ctx => {
    const { sid } = decodeJwt(String((ctx.body as { id_token?: string }).id_token ?? NO_TOKEN));
    if (typeof sid === 'string') sids.push(sid);
  });
  handle = provider.callback();
  return {
    issuer,
    grants,
    sids,
    signed: claims => {
      const now = Math.floor(Date.now() / 1_000);
      const all = { iss: issuer, iat: now, exp: now + 120, ...claims };
      return new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: jwk.kid }).sign(keys.privateKey);
    },
    logoutToken: claims => {
      const now = Math.floor(Date.now() / 1_000);
      const all = { iss: issuer, aud: CLIENT.id, iat: now, exp: now + 120, jti: randomUUID(), ...claims };
      return new SignJWT(all)
        .setProtectedHeader({ alg: 'RS256', kid: jwk.kid, typ: 'logout+jwt' })
        .sign(keys.privateKey);
    },
    publicKey: async () => ({ ...(await exportJWK(keys.publicKey)), kid: jwk.kid }),
    delay: handler => {
      delaying = handler;
    },
    misbehave: handler => {
      misbehaving = handler;
    },
    stop: () => close(server),
    start: () => listen(server, port),
    [Symbol.asyncDispose]: () => close(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
