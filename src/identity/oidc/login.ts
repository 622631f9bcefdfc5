import {
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  type Configuration,
  calculatePKCECodeChallenge,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { DEFAULTS } from '../../config/defaults.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Handler } from '../../core/handler.ts';
import { redirectReply } from './pages.ts';
import { unavailable } from './provider-failure.ts';
import { returnAddress } from './return-address.ts';
import { publicPath, type SignInParts, sessionOf } from './sign-in-routes.ts';

/** Begins a sign-in: the code flow with PKCE (RFC 7636), bound to this browser by state and nonce. */
export function loginHandler(parts: SignInParts): Handler {
  const { oidc, origin, path, provider, transactions } = parts;
  const { scopes = DEFAULTS.auth.scopes, parameters = {} } = oidc;
  return async x => {
    const configuration = await provider.configuration();
    const to = returnAddress(x.query.get('to'), origin, publicPath(x, path));
    const replaces = await sessionIdOf(parts, x);
    const transaction = {
      replaces,
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      to,
    };
    const location = await authorizationUrl(configuration, {
      ...parameters,
      redirect_uri: `${origin}${publicPath(x, path)}/callback`,
      scope: [...scopes].join(' '),
      code_challenge: await calculatePKCECodeChallenge(transaction.verifier),
      code_challenge_method: 'S256',
      state: transaction.state,
      nonce: transaction.nonce,
    });
    return redirectReply(location.href, transactions.begin(transaction, x.details.ownCookies));
  };
}

/** A store that is away does not keep anybody from signing in. */
async function sessionIdOf(parts: SignInParts, x: Exchange): Promise<string | undefined> {
  try {
    return (await sessionOf(parts, x))?.record.id;
  } catch {
    return undefined;
  }
}

async function authorizationUrl(configuration: Configuration, parameters: Record<string, string>): Promise<URL> {
  if (configuration.serverMetadata().require_pushed_authorization_requests !== true)
    return buildAuthorizationUrl(configuration, parameters);
  try {
    return await buildAuthorizationUrlWithPAR(configuration, parameters);
  } catch (cause) {
    throw unavailable(cause);
  }
}
