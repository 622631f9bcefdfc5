import { AuthorizationResponseError, authorizationCodeGrant } from 'openid-client';
import { DEFAULTS } from '../../config/defaults.ts';
import type { Exchange } from '../../core/exchange.ts';
import { GatewayError } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import type { Reply } from '../../core/reply.ts';
import type { BegunSession } from '../session/sessions.ts';
import type { LoginTransaction } from './login-transactions.ts';
import { onwardPage, setCookies } from './pages.ts';
import { isProviderFailure, unavailable, withoutContent } from './provider-failure.ts';
import { publicPath, type SignInParts, sessionOf } from './sign-in-routes.ts';
import { type GrantedTokens, tokensOf } from './tokens-of.ts';
import { userOf } from './user-of.ts';

/** Ends a sign-in: the browser returns from the provider with a code, which is exchanged for tokens. */
export function callbackHandler(parts: SignInParts): Handler {
  const missing = new MissingRefreshToken(parts);
  return async x => {
    const state = x.query.get('state') ?? '';
    const transaction = parts.transactions.find(state, x.details.ownCookies);
    if (transaction === undefined)
      throw new GatewayError('signin.failed', 'This sign-in was not begun here, or is over');
    const removal = parts.transactions.removal(state);
    try {
      return await signedIn(parts, x, transaction, removal, missing);
    } catch (thrown) {
      const failure = thrown instanceof GatewayError ? thrown : failureOf(thrown);
      throw failure.saying(setCookies([removal]));
    }
  };
}

async function signedIn(
  parts: SignInParts,
  x: Exchange,
  transaction: LoginTransaction,
  removal: string,
  missing: MissingRefreshToken,
): Promise<Reply> {
  const tokens = await granted(parts, x, transaction);
  missing.check(tokens);
  const begun = await beginSession(parts, tokens);
  parts.meter.begun();
  await endEarlier(parts, x, transaction);
  return onwardPage(transaction.to, [begun.setCookie, removal]);
}

/**
 * A session of before is not the one of who signs in now. Its Strict cookie came with the beginning of the sign-in, and
 * does not come with the way back from the provider.
 */
async function endEarlier(parts: SignInParts, x: Exchange, { replaces }: LoginTransaction): Promise<void> {
  const { sessions, meter } = parts;
  const found = await sessionOf(parts, x);
  const ids = new Set([found?.record.id, replaces].filter(id => id !== undefined));
  for (const id of ids) if (await sessions.end({ id })) meter.ended('replaced', 1);
}

async function granted(
  { origin, path, provider }: SignInParts,
  x: Exchange,
  { state, nonce, verifier }: LoginTransaction,
): Promise<GrantedTokens> {
  const configuration = await provider.configuration();
  const url = new URL(`${origin}${publicPath(x, path)}/callback${x.search}`);
  return await authorizationCodeGrant(configuration, url, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

function beginSession(
  { oidc, sessions, userRule, clock }: SignInParts,
  tokens: GrantedTokens,
): BegunSession | Promise<BegunSession> {
  const claims = tokens.claims();
  if (claims === undefined) throw new GatewayError('signin.failed', 'The identity provider sent no ID token');
  const scope = tokens.scope ?? (oidc.scopes ?? DEFAULTS.auth.scopes).join(' ');
  const sid = typeof claims.sid === 'string' ? claims.sid : undefined;
  return sessions.begin({ user: userOf(claims, scope, userRule), sid, tokens: tokensOf(tokens, clock.wall()) });
}

/** A user who did not agree is no failure of the provider; a wrong `state`, `iss`, `nonce` or code is an attempt. */
function failureOf(cause: unknown): GatewayError {
  if (cause instanceof AuthorizationResponseError) {
    if (TEMPORARY.has(cause.error)) return unavailable(cause);
    return new GatewayError('signin.denied', 'The identity provider refused the sign-in', {
      cause: withoutContent(cause),
    });
  }
  if (isProviderFailure(cause)) return unavailable(cause);
  return new GatewayError('signin.failed', 'The response of the identity provider does not fit this sign-in', {
    cause: withoutContent(cause),
  });
}

const TEMPORARY: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

/**
 * Some providers grant `offline_access` to a consent only (OpenID Connect Core §11), and say nothing: sessions would
 * end with their first access token.
 */
class MissingRefreshToken {
  readonly #isWanted: boolean;
  readonly #note: (line: string) => void;
  #isNoted = false;

  constructor({ oidc: { scopes = [] }, sessions, note }: SignInParts) {
    this.#isWanted = scopes.includes('offline_access') || sessions.stored !== undefined;
    this.#note = note;
  }

  check({ refresh_token: token }: GrantedTokens): void {
    if (!this.#isWanted || this.#isNoted || token !== undefined) return;
    this.#isNoted = true;
    this.#note(
      'the identity provider sent no refresh token, so a session ends when a service needs a token and the first one is ' +
        "over; request one with scopes: ['openid', 'offline_access'], or parameters: { prompt: 'consent' } in auth.oidc",
    );
  }
}
