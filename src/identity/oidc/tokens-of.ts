import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import type { SessionTokens } from '../session/session-record.ts';

/** The response of a token endpoint. */
export type GrantedTokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

/** @param now in milliseconds since the epoch. @param before the tokens that they replace: a provider may send fewer. */
export function tokensOf(granted: GrantedTokens, now: number, before?: SessionTokens): SessionTokens {
  const seconds = granted.expiresIn();
  return {
    access: granted.access_token,
    expiresAt: seconds === undefined ? undefined : now + seconds * 1_000,
    refresh: granted.refresh_token ?? before?.refresh,
    id: granted.id_token ?? before?.id,
  };
}
