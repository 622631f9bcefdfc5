import type { Client, Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

/**
 * Checks the origin of a WebSocket: browsers send cookies from any page, so another origin is rejected unless the route
 * allows it (cross-site WebSocket hijacking). A client without Origin is no browser.
 */
export function origin(allowed: readonly string[]): Stage {
  return next => x => {
    if (isAllowed(x, allowed)) return next(x);
    throw new GatewayError('request.forbidden', 'This origin may not open a connection here');
  };
}

/**
 * Whether a page may send a form: browsers send that of any page with the user's cookies, and ask nobody before as they
 * do for JSON (cross-site request forgery). A page whose referrer policy hides its origin says `null`, and a browser
 * says then where it came from (Fetch Metadata).
 */
export function mayAct(x: Exchange, allowed: readonly string[]): boolean {
  return x.headers.get('sec-fetch-site') === 'same-origin' || isAllowed(x, allowed);
}

function isAllowed({ headers, client }: Exchange, allowed: readonly string[]): boolean {
  const value = headers.get('origin');
  return value === undefined || allowed.includes(value) || isOwn(value, client);
}

/**
 * Whether this origin is the gateway's own. A page over plain HTTP does not count as a page of a TLS site, because an
 * attacker on the network could have written it. The opposite is harmless, and a gateway that does not know of the TLS
 * in front of it sees only http.
 */
function isOwn(origin: string, client: Client | undefined): boolean {
  const page = URL.parse(origin);
  if (page === null || client === undefined) return false;
  const isSafe = page.protocol === 'https:' || client.protocol === 'http';
  // The default port of the scheme may be omitted in both.
  return isSafe && page.host === URL.parse(`${page.protocol}//${client.host}`)?.host;
}
