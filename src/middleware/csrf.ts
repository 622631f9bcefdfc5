import { isReadByPages } from '../config/csrf.ts';
import type { Exchange } from '../core/exchange.ts';
import { type GatewayError, precomputed } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import type { AllowedPages } from './allowed-origins.ts';

export interface CsrfOptions {
  /** The pages that may send requests for a user. */
  readonly pages: AllowedPages;
  /** Whether users reach the route by their session. */
  readonly needsSession: boolean;
  /** Whether what authenticates a request is no cookie, but something that a page has to add on purpose. */
  readonly isDeliberate?: ((x: Exchange) => boolean) | undefined;
  /** Counts the refused requests. */
  readonly refused?: (() => void) | undefined;
}

const OTHER_PAGE = precomputed('request.cross_site', 'A page of another origin may not send this for a user');
const UNKNOWN_PAGE = precomputed(
  'request.cross_site',
  'Nothing says which page sent this for a user: a program sends no cookies, or its own address as Origin',
);

/**
 * Refuses requests that a page of another origin makes a browser send with the credentials of its user (cross-site
 * request forgery). The browser says which page it was (Fetch Metadata, and before it `Origin`), and no page can change
 * that. What authenticates decides, and not the path: a token that a program adds on purpose is no such credential.
 */
export function csrf(options: CsrfOptions): Stage {
  return next => x => {
    if (isReadByPages(x.method)) return next(x);
    const refusal = refusalOf(x, options);
    if (refusal === undefined) return next(x);
    options.refused?.();
    throw refusal;
  };
}

/** What it would decide about a request, in a few words. A user who is known counts as one whose browser sends it. */
export function csrfDecision(x: Exchange, options: CsrfOptions): string {
  if (isReadByPages(x.method)) return `passes: ${x.method} changes nothing`;
  const { recognised } = x.details;
  if (recognised !== undefined && recognised.credential !== 'session') return 'passes: no page can add the credential';
  const isOthers = recognised !== undefined && !isTrusted(x, options.pages);
  const refusal = isOthers ? pageRefusal(x) : refusalOf(x, options);
  return refusal === undefined ? 'passes' : `403: ${refusal.message}`;
}

function refusalOf(x: Exchange, { pages, needsSession, isDeliberate }: CsrfOptions): GatewayError | undefined {
  if (isTrusted(x, pages) || !(sendsByItself(x) || (needsSession && isWithheld(x)))) return undefined;
  if (isDeliberate?.(x) === true) return undefined;
  return pageRefusal(x);
}

function pageRefusal(x: Exchange): GatewayError {
  return x.headers.has('origin') || x.headers.has('sec-fetch-site') ? OTHER_PAGE : UNKNOWN_PAGE;
}

/** Whether the page is the gateway's own or a listed one, or there is none: the user typed the address. */
function isTrusted({ headers, client }: Exchange, pages: AllowedPages): boolean {
  const origin = headers.joined('origin');
  // A browser sends one. With two, another program behind this one might read the other.
  if (origin?.includes(',')) return false;
  if (origin !== undefined && pages.lists(origin)) return true;
  const site = headers.joined('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin !== undefined && pages.isOwn(origin, client);
}

/** Schemes whose credentials browsers remember, and send with the requests of any page. */
const REMEMBERED = /^(?:basic|digest|negotiate|ntlm)(?=\s|$)/i;

/** Whether a request has credentials that a browser sends by itself. */
function sendsByItself({ headers, details: { ownCookies } }: Exchange): boolean {
  if (headers.has('cookie') || (ownCookies !== undefined && ownCookies.size > 0)) return true;
  return headers.all('authorization').some(value => REMEMBERED.test(value));
}

/**
 * Whether a browser left the session's cookie out, because another site's page sends the request (`SameSite`). The user
 * is signed in nonetheless, so that 401 would be misleading.
 */
function isWithheld({ headers }: Exchange): boolean {
  const site = headers.joined('sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
}
