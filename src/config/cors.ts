import type { Duration } from './duration.ts';

/** Which pages of other origins may call a route and read its responses (Fetch, "CORS protocol"). */
export interface Cors {
  /**
   * Origins of these pages: `'https://app.example'`, `'https://*.example.com'` for every host below a name, `'null'`
   * for pages without an origin, or `'*'` for all. Required.
   */
  readonly origins?: readonly string[];
  /**
   * Whether their requests may carry cookies, and the responses to those are readable. Default false.
   */
  readonly credentials?: boolean;
  /** Request headers that they may send besides the simple ones. Default: those that they ask for. */
  readonly allowedHeaders?: readonly string[];
  /** Response headers that they may read besides the simple ones. Default none. */
  readonly exposedHeaders?: readonly string[];
  /** How long a browser keeps the permission to send a request. Browsers have a maximum of their own. Default 10m. */
  readonly maxAge?: Duration;
}

/** `https://*.example.com`: scheme, the names below which any host is allowed, and a port. */
const BELOW = /^([a-z][a-z0-9+.-]*:\/\/)\*(\.[^*]+)$/;

/** @returns the correct text of an origin, if the given one is another; undefined for a correct or a hopeless one. */
export function correctOrigin(text: string): string | undefined {
  const correct = originOf(text);
  return correct === text ? undefined : correct;
}

/** Whether a text can be an origin as browsers send it (RFC 6454 §6.2), or a pattern of some. */
export function isOrigin(text: string): boolean {
  return text === '*' || text === 'null' || originOf(text) === text;
}

function originOf(text: string): string | undefined {
  const [, scheme, name] = BELOW.exec(text.toLowerCase()) ?? [];
  if (scheme !== undefined && name !== undefined) return originOf(`${scheme}x${name}`)?.replace('://x.', '://*.');
  const url = URL.parse(text);
  if (url === null || text.includes('*') || url.host === '') return undefined;
  // The origin of a scheme that URLs do not know, such as that of an app, is opaque to `URL`.
  return `${url.protocol}//${url.host}`;
}

/** @returns whether an origin is among the listed ones. */
export function originsIn(listed: readonly string[]): (origin: string) => boolean {
  if (listed.includes('*')) return () => true;
  const exact = new Set(listed);
  const patterns = listed.flatMap(text => {
    const [, scheme, name] = BELOW.exec(text) ?? [];
    return scheme === undefined || name === undefined ? [] : [{ scheme, name }];
  });
  if (patterns.length === 0) return origin => exact.has(origin);
  return origin => exact.has(origin) || patterns.some(pattern => isBelow(origin, pattern));
}

const HOST = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

function isBelow(origin: string, { scheme, name }: { readonly scheme: string; readonly name: string }): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(name)) return false;
  return HOST.test(origin.slice(scheme.length, -name.length));
}
