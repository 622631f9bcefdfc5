import type { HeaderList } from './header-list.ts';
import { httpDate } from './http-date.ts';

/** Request fields about the copy that one client has: they have no meaning in a request on behalf of others. */
export const CONDITIONAL_FIELDS: readonly string[] = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
];

/**
 * RFC 9110 §13.2.2: whether the client has this representation already, so that 304 says all. If-None-Match wins over
 * If-Modified-Since.
 */
export function isNotModified(request: HeaderList, response: HeaderList): boolean {
  const noneMatch = request.joined('if-none-match');
  if (noneMatch !== undefined) return matchesAny(noneMatch, response.get('etag'));
  // RFC 9110 §13.1.3: what is no single date says nothing.
  const since = httpDate(request.joined('if-modified-since'));
  if (since === undefined) return false;
  // RFC 9111 §4.3.2: without a Last-Modified the Date of what is stored stands for it.
  const modified = httpDate(response.get('last-modified')) ?? httpDate(response.get('date'));
  return modified !== undefined && modified <= since;
}

/** RFC 9110 §15.4.5: what a 304 carries of the 200 it stands for. */
export function notModifiedHeaders(response: HeaderList): HeaderList {
  return response.without(ABOUT_CONTENT);
}

const ABOUT_CONTENT: ReadonlySet<string> = new Set([
  'content-length',
  'content-type',
  'content-encoding',
  'content-language',
  'content-range',
]);

// RFC 9110 §13.1.2: the weak comparison.
function matchesAny(list: string, etag: string | undefined): boolean {
  if (list.trim() === '*') return true;
  if (etag === undefined) return false;
  const opaque = opaqueTag(etag);
  for (const [tag] of list.matchAll(ENTITY_TAG)) if (opaqueTag(tag) === opaque) return true;
  return false;
}

// Backends also send tags without quotes, and browsers send them back as they came.
const ENTITY_TAG = /(?:W\/)?"[^"]*"|[^\s,"]+/g;

/** An entity tag without its weakness and its quotes. */
export function opaqueTag(etag: string): string {
  const strong = etag.startsWith('W/') ? etag.slice(2) : etag;
  return strong.length > 1 && strong.startsWith('"') && strong.endsWith('"') ? strong.slice(1, -1) : strong;
}
