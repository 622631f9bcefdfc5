import type { HashKey } from '../../config/balancing.ts';
import type { Exchange } from '../../core/exchange.ts';
import { cookieOf } from '../../core/headers/cookie.ts';

/** The key of a request; undefined for none. */
export type KeyOf = (x: Exchange) => string | undefined;

export function keyOf(key: HashKey): KeyOf {
  if (key === 'ip') return x => x.client?.address;
  if ('cookie' in key) return x => cookieOf(x.headers, key.cookie);
  const name = key.header.toLowerCase();
  return x => x.headers.get(name);
}
