import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { GatewayError } from '../../core/failure.ts';

/** What the library calls a response that is none of its protocol: a page of an error, another status. */
const NO_RESPONSE: ReadonlySet<string | undefined> = new Set([
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
  'OAUTH_TIMEOUT',
]);

/** A grant that the provider no longer accepts: a code that was used, a session that is over there. */
export function isInvalidGrant(thrown: unknown): boolean {
  return thrown instanceof ResponseBodyError && thrown.error === 'invalid_grant';
}

/** Whether the provider, or the gateway's registration there, is at fault rather than the user's grant. */
export function isProviderFailure(thrown: unknown): boolean {
  if (thrown instanceof ResponseBodyError) return thrown.error !== 'invalid_grant';
  if (thrown instanceof WWWAuthenticateChallengeError) return true;
  if (thrown instanceof ClientError && NO_RESPONSE.has(thrown.code)) return true;
  // A request that got no response at all.
  return thrown instanceof Error && thrown.cause instanceof GatewayError;
}

/** @param cause why the provider cannot be used, for the log. */
export function unavailable(cause: unknown): GatewayError {
  return new GatewayError('identity.unavailable', 'The identity provider does not respond at the moment', {
    cause,
    headers: ['Retry-After', '5'],
  });
}
