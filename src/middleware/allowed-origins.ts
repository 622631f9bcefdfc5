import { originsIn } from '../config/cors.ts';
import type { Client, Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

/** Which pages may act for a user at a route. */
export interface PageOrigins {
  /** The configured origin of the gateway. */
  readonly own?: string | undefined;
  /** Origins as browsers send them. */
  readonly allowed?: readonly string[] | undefined;
  /** Origins, and patterns of them as in `cors`. */
  readonly patterns?: readonly string[];
}

/** The pages that may act for a user: those of the listed origins, and the gateway's own. */
export class AllowedPages {
  readonly #listed: ReadonlySet<string>;
  readonly #matches: (origin: string) => boolean;
  /** The host that is on HTTPS, whatever the gateway sees of it. */
  readonly #secureHost: string | undefined;

  constructor({ own, allowed = [], patterns = [] }: PageOrigins) {
    this.#listed = new Set(own === undefined ? allowed : [...allowed, own]);
    this.#matches = originsIn(patterns);
    this.#secureHost = own?.startsWith('https:') ? URL.parse(own)?.host : undefined;
  }

  /** Whether an origin is listed, or is the configured one of the gateway. */
  lists(origin: string): boolean {
    return this.#listed.has(origin) || this.#matches(origin);
  }

  /**
   * Whether an origin is that of the request's own address. A page over plain HTTP does not count as a page of a TLS
   * site, because an attacker on the network could have written it. The opposite is harmless, and a gateway that does
   * not know of the TLS in front of it sees only http.
   */
  isOwn(origin: string, client: Client | undefined): boolean {
    const page = URL.parse(origin);
    if (page === null || client === undefined) return false;
    const isSafe = page.protocol === 'https:' || (client.protocol === 'http' && page.host !== this.#secureHost);
    // The default port of the scheme may be omitted in both.
    return isSafe && page.host === URL.parse(`${page.protocol}//${client.host}`)?.host;
  }
}

/**
 * Checks the origin of a WebSocket: browsers send cookies from any page, so another origin is rejected unless the route
 * allows it (cross-site WebSocket hijacking). A client without Origin is no browser.
 */
export function origin(pages: AllowedPages): Stage {
  return next => x => {
    if (isAllowed(x, pages)) return next(x);
    throw new GatewayError('request.forbidden', 'This origin may not open a connection here');
  };
}

/**
 * Whether a page may send a form: browsers send that of any page with the user's cookies, and ask nobody before as they
 * do for JSON (cross-site request forgery). A page whose referrer policy hides its origin says `null`, and a browser
 * says then where it came from (Fetch Metadata).
 */
export function mayAct(x: Exchange, pages: AllowedPages): boolean {
  return x.headers.joined('sec-fetch-site') === 'same-origin' || isAllowed(x, pages);
}

function isAllowed({ headers, client }: Exchange, pages: AllowedPages): boolean {
  const value = headers.joined('origin');
  return value === undefined || pages.lists(value) || pages.isOwn(value, client);
}
