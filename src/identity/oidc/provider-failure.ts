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

const MAX_CAUSES = 6;

/**
 * What went wrong, for the log, in the words of the library only: its errors hold whole responses, with the tokens in
 * them.
 */
export function withoutContent(thrown: unknown): Error {
  const words: string[] = [];
  let each: unknown = thrown;
  for (; each instanceof Error && words.length < MAX_CAUSES; each = each.cause) words.push(wordsOf(each));
  const safe = new Error(words.length === 0 ? 'an error that is none' : words.join(': '));
  if (thrown instanceof Error && thrown.stack !== undefined) safe.stack = thrown.stack;
  return safe;
}

function wordsOf(error: Error & { readonly code?: unknown; readonly error?: unknown }): string {
  const codes = [error.code, error.error].filter(code => typeof code === 'string' && /^[\w.-]{1,80}$/.test(code));
  return codes.length === 0 ? error.message : `${error.message} (${codes.join(', ')})`;
}

/** @param cause why the provider cannot be used, for the log. */
export function unavailable(cause: unknown): GatewayError {
  return new GatewayError('identity.unavailable', 'The identity provider does not respond at the moment', {
    cause: withoutContent(cause),
    headers: ['Retry-After', '5'],
  });
}
