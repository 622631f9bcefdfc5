import type { Client } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

/**
 * Who may open a WebSocket: browsers send cookies along from any page, so another origin's page is refused unless the
 * route names it (cross-site WebSocket hijacking). A client without Origin is no browser.
 */
export function origin(allowed: readonly string[]): Stage {
  return next => x => {
    const value = x.headers.get('origin');
    if (value === undefined || allowed.includes(value) || isOwn(value, x.client)) return next(x);
    throw new GatewayError('request.forbidden', 'This origin may not open a connection here');
  };
}

/**
 * Whether a page of this origin is the gateway's own. A page that came over plain HTTP is not a page of a site on TLS:
 * an attacker on its path could have written it. The other way round nothing is lost, and a gateway that does not know
 * of the TLS in front of it sees only http.
 */
function isOwn(origin: string, client: Client | undefined): boolean {
  const page = URL.parse(origin);
  if (page === null || client === undefined) return false;
  const isSafe = page.protocol === 'https:' || client.protocol === 'http';
  // The port of the scheme goes without saying, in both.
  return isSafe && page.host === URL.parse(`${page.protocol}//${client.host}`)?.host;
}
