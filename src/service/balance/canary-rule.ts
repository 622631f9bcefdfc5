import type { Canary } from '../../config/balancing.ts';
import type { Exchange } from '../../core/exchange.ts';
import { cookieOf } from '../../core/headers/cookie.ts';
import { fingerprint, unitOf } from './fingerprint.ts';
import type { KeyOf } from './key.ts';

export type CanaryRule = (x: Exchange) => boolean;

// The canary share must be independent of the hash that picks the target.
const SALT = fingerprint('canary');

/**
 * Chooses calls for the canary targets: the header decides, then the cookie, then the share (the order of
 * ingress-nginx).
 * @param keyOf keeps a user on one side; undefined for a random choice.
 * @param chance returns a number from 0 up to 1.
 */
export function canaryRule(
  { share, header, cookie }: Canary,
  keyOf: KeyOf | undefined,
  chance: () => number,
): CanaryRule {
  const name = header?.toLowerCase();
  const part = share === undefined ? 0 : Number.parseFloat(share) / 100;
  const inShare = (x: Exchange): boolean => {
    const key = part === 0 ? undefined : keyOf?.(x);
    return (key === undefined ? chance() : unitOf(fingerprint(key) ^ SALT)) < part;
  };
  return x =>
    said(name && x.headers.get(name)) ??
    said(cookie === undefined ? undefined : cookieOf(x.headers, cookie)) ??
    inShare(x);
}

function said(word: string | undefined): boolean | undefined {
  if (word === 'always') return true;
  return word === 'never' ? false : undefined;
}
