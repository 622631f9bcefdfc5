import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import type { ProviderFetch } from '../../../src/core/ports/identity.ts';
import { startBackend, type TestBackend } from '../../support/backend.ts';
import type { FakeClock } from '../../support/clock.ts';

export const AUDIENCE = 'shop-api';

/** A key of a provider: what it publishes, and how it signs. */
export interface SigningKey {
  readonly jwk: JWK;
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

export async function signingKey(kid: string | undefined, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const named = kid === undefined ? {} : { kid };
  return {
    jwk: { ...(await exportJWK(publicKey)), ...named, alg, use: 'sig' },
    sign: (claims, header) =>
      new SignJWT(claims).setProtectedHeader({ alg, typ: 'at+jwt', ...named, ...header }).sign(privateKey),
  };
}

export interface TestProvider extends TestBackend {
  /** What its documents are, by path; a text is sent as it is, and `undefined` never. */
  readonly documents: Map<string, unknown>;
  /** The paths of the received requests. */
  readonly paths: readonly string[];
  publish(...keys: readonly SigningKey[]): void;
}

/** A provider on a free port, with a discovery document and the keys at `/jwks`. */
export async function startProvider(...keys: readonly SigningKey[]): Promise<TestProvider> {
  const documents = new Map<string, unknown>();
  const paths: string[] = [];
  const backend = await startBackend(({ url = '' }, res) => {
    paths.push(url);
    const document = documents.get(url);
    if (document === undefined && documents.has(url)) return;
    res.statusCode = document === undefined ? 404 : 200;
    res.end(typeof document === 'string' ? document : JSON.stringify(document ?? 'nothing here'));
  });
  const publish = (...published: readonly SigningKey[]) =>
    void documents.set('/jwks', { keys: published.map(({ jwk }) => jwk) });
  publish(...keys);
  documents.set('/.well-known/openid-configuration', { issuer: backend.url, jwks_uri: `${backend.url}/jwks` });
  return { ...backend, documents, paths, publish };
}

/** `fetch` without a detour: a redirect is a response. */
export const plainFetch: ProviderFetch = (url, { method, headers }) =>
  fetch(url, { method, headers, redirect: 'manual' });

/** Claims of a token that is valid for five minutes. */
export function claimsOf(issuer: string, clock: FakeClock): JWTPayload {
  const now = Math.floor(clock.wall() / 1_000);
  return { iss: issuer, aud: AUDIENCE, sub: 'alice', iat: now, exp: now + 300 };
}

/** A text in base64url, for tokens by hand. */
export function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
