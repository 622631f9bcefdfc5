import type { HeaderList } from './header-list.ts';
import { httpDate } from './http-date.ts';

/** Request fields about one client's copy, which have no meaning in a request for others. */
export const CONDITIONAL_FIELDS: readonly string[] = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
];

/**
 * RFC 9110 §13.2.2: whether the client already has this representation and gets a 304. If-None-Match wins over
 * If-Modified-Since.
 */
export function isNotModified(request: HeaderList, response: HeaderList): boolean {
  const noneMatch = request.joined('if-none-match');
  if (noneMatch !== undefined) return matchesAny(noneMatch, response.get('etag'));
  // RFC 9110 §13.1.3: anything but a single date is ignored.
  const since = httpDate(request.joined('if-modified-since'));
  if (since === undefined) return false;
  // RFC 9111 §4.3.2: without Last-Modified the Date of the stored response is used.
  const modified = httpDate(response.get('last-modified')) ?? httpDate(response.get('date'));
  return modified !== undefined && modified <= since;
}

/** RFC 9110 §15.4.5: the fields of the 200 that a 304 carries; made once for each stored response. */
export function notModifiedHeaders(response: HeaderList): HeaderList {
  let headers = ofNotModified.get(response);
  if (headers === undefined) {
    headers = response.without(ABOUT_CONTENT);
    ofNotModified.set(response, headers);
  }
  return headers;
}

const ofNotModified = new WeakMap<HeaderList, HeaderList>();

const ABOUT_CONTENT: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
]);

// RFC 9110 §13.1.2: weak comparison.
function matchesAny(list: string, etag: string | undefined): boolean {
  if (list.trim() === '*') return true;
  if (etag === undefined) return false;
  const opaque = opaqueTag(etag);
  for (const [tag] of list.matchAll(ENTITY_TAG)) if (opaqueTag(tag) === opaque) return true;
  return false;
}

// Some backends send entity tags without quotes, and browsers return them unchanged.
const ENTITY_TAG = /(?:W\/)?"[^"]*"|[^\s,"]+/g;

/** An entity tag without its weakness flag and quotes. */
export function opaqueTag(etag: string): string {
  const strong = etag.startsWith('W/') ? etag.slice(2) : etag;
  return strong.length > 1 && strong.startsWith('"') && strong.endsWith('"') ? strong.slice(1, -1) : strong;
}
