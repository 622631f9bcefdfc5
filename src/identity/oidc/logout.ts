import { buildEndSessionUrl } from 'openid-client';
import type { Exchange } from '../../core/exchange.ts';
import { precomputed } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import { jsonReply, type Reply } from '../../core/reply.ts';
import type { SessionRecord } from '../session/session-record.ts';
import { redirectReply, setCookies } from './pages.ts';
import { publicPath, type SignInParts, sessionOf } from './sign-in-routes.ts';

/**
 * Ends the session here, and leads the browser to the provider, which ends its own (OpenID Connect RP-Initiated
 * Logout). A script gets the address as data, because it cannot follow a redirect to another site.
 */
export function logoutHandler(parts: SignInParts): Handler {
  const { cookie, sessions, meter } = parts;
  return async x => {
    if (x.details.ownCookies?.has(cookie.name) !== true && isFromElsewhere(x)) throw OTHER_PAGE;
    const found = await sessionOf(parts, x);
    if (found !== undefined) {
      await sessions.end(found.record);
      meter.ended('logout', 1);
    }
    const location = await afterwards(parts, x, found?.record);
    const isPage = (x.headers.get('sec-fetch-mode') ?? 'navigate') === 'navigate';
    return isPage ? redirectReply(location, [cookie.removal], 303) : asData(location, [cookie.removal]);
  };
}

const OTHER_PAGE = precomputed('request.cross_site', 'A page of another origin may not sign a user out');

/** Browsers send no Strict cookie with such a request, but would take the removal of it. */
function isFromElsewhere({ headers }: Exchange): boolean {
  const site = headers.get('sec-fetch-site') ?? 'same-origin';
  return site !== 'same-origin' && site !== 'none';
}

function asData(location: string, cookies: readonly string[]): Reply {
  const reply = jsonReply(200, { location });
  return {
    ...reply,
    headers: new HeaderList([...reply.headers.flat, 'Cache-Control', 'no-store', ...setCookies(cookies)]),
  };
}

/** A provider that does not respond keeps its session, and the one here has ended. */
async function afterwards(
  { oidc, origin, provider }: SignInParts,
  x: Exchange,
  record: SessionRecord | undefined,
): Promise<string> {
  const home = `${origin}${publicPath(x, '/')}`;
  if (record === undefined) return home;
  try {
    const configuration = await provider.configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return home;
    const hint = record.tokens?.id;
    return buildEndSessionUrl(configuration, {
      post_logout_redirect_uri: home,
      ...(hint === undefined ? { client_id: oidc.clientId } : { id_token_hint: hint }),
    }).href;
  } catch {
    return home;
  }
}
