import { type CryptoKey, createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose';
import type { JsonObject } from '../../config/json-object.ts';

/** Finds the key of a signature. Rejects with a `JOSEError` of jose if the token fits none. */
export type KeyGetter = (protectedHeader: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** A key of the provider's set that cannot be used, which is no mistake of the token. */
export class UnusableKey extends Error {
  override readonly name = 'UnusableKey';
}

/**
 * The public keys of a JWK Set (RFC 7517 §5). A token without `kid` gets the one key that fits its algorithm; if
 * several do, it is refused (OpenID Connect Core 1.0 §10.1).
 * @throws Error if there is no key for signatures among them.
 */
export function keySet(document: JsonObject): KeyGetter {
  const { keys } = document;
  if (!Array.isArray(keys) || !keys.some(isForSignatures)) throw new Error('the JWK Set has no key for signatures');
  const find = createLocalJWKSet({ keys });
  return async (protectedHeader, token) => {
    try {
      return await find(protectedHeader, token);
    } catch (cause) {
      if (isOfToken(cause)) throw cause;
      throw new UnusableKey(`the key ${JSON.stringify(protectedHeader.kid)} of the provider cannot be used`, { cause });
    }
  };
}

/** Symmetric keys sign for everybody who can read them; they do not count. */
function isForSignatures(key: unknown): boolean {
  if (typeof key !== 'object' || key === null || !('kty' in key) || key.kty === 'oct') return false;
  return !('use' in key) || key.use === 'sig';
}

function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}
