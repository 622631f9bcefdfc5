import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import type { SessionTokens } from '../session/session-record.ts';

/** The response of a token endpoint. */
export type GrantedTokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

/** A token is renewed this long before its end, or after four fifths of a shorter life. */
const EARLY_MS = 30_000;

/**
 * @param now in milliseconds since the epoch. @param before the tokens that they replace: a provider may send fewer.
 */
export function tokensOf(granted: GrantedTokens, now: number, before?: SessionTokens): SessionTokens {
  const seconds = granted.expiresIn();
  return {
    access: granted.access_token,
    renewAt: seconds === undefined ? undefined : now + renewalMs(seconds * 1_000),
    renewedAt: before === undefined ? undefined : now,
    refresh: granted.refresh_token ?? before?.refresh,
    id: granted.id_token ?? before?.id,
  };
}

function renewalMs(lifeMs: number): number {
  return lifeMs - Math.min(EARLY_MS, lifeMs / 5);
}
