import type { ExchangeDetails } from '../core/exchange.ts';
import { HeaderList } from '../core/headers/header-list.ts';

/** The credentials that are for the gateway itself. */
export interface OwnCredentials {
  /** The beginning of the names of its cookies. */
  readonly cookiePrefix: string;
  isCookie(name: string): boolean;
  /** The header with the key of a program, in lower case; undefined without such keys. */
  readonly keyHeader: string | undefined;
}

/** A request without its credentials for the gateway. */
export interface WithoutCredentials {
  readonly headers: HeaderList;
  readonly details: ExchangeDetails;
}

/**
 * Takes the credentials for the gateway out of a request before any route, cache or backend sees them. Undefined if
 * there are none.
 */
export function withoutCredentials(headers: HeaderList, own: OwnCredentials): WithoutCredentials | undefined {
  const apiKey = own.keyHeader === undefined ? undefined : headers.get(own.keyHeader);
  const hasCookie = headers.all('cookie').some(line => line.includes(own.cookiePrefix));
  if (apiKey === undefined && !hasCookie) return undefined;
  const cookies = new Map<string, string>();
  const kept: string[] = [];
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    const value = flat[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === own.keyHeader) continue;
    const rest = hasCookie && lower === 'cookie' ? otherCookies(value, own, cookies) : value;
    if (rest !== undefined) kept.push(name, rest);
  }
  return { headers: new HeaderList(kept), details: { apiKey, ownCookies: cookies } };
}

/** The rest of a line; undefined if nothing is left. The first of two equal names counts, as everywhere. */
function otherCookies(line: string, own: OwnCredentials, taken: Map<string, string>): string | undefined {
  const others: string[] = [];
  for (const pair of line.split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, equals)).trim();
    if (!own.isCookie(name)) others.push(pair.trim());
    else if (!taken.has(name)) taken.set(name, pair.slice(equals + 1).trim());
  }
  return others.length === 0 ? undefined : others.join('; ');
}
