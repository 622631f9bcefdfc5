import type { TargetEntry, Targets } from './balancing.ts';

/** The listed targets; empty for discovered ones. */
export function entriesOf(targets: Targets): readonly TargetEntry[] {
  if (isList(targets)) return targets;
  if (!('env' in targets)) return [];
  const named = addressesIn(targets.env);
  return named.length > 0 ? named : (targets.default ?? []);
}

/** An array has a method `find`, so it must be distinguished from `{ find }` first. */
export function isList(targets: Targets): targets is readonly TargetEntry[] {
  return Array.isArray(targets);
}

/** The comma-separated addresses in an environment variable. */
export function addressesIn(variable: string): readonly string[] {
  const named = (process.env[variable] ?? '').split(',').map(each => each.trim());
  return named.filter(each => each !== '');
}

/** The reason why an address is invalid for a target; undefined for a valid one. */
export function reasonAgainst(target: string): string | undefined {
  const url = URL.parse(target);
  if (url === null) return 'it is no URL';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is not spoken here`;
  if (url.username !== '' || url.password !== '') return 'an address carries no user and password';
  return url.search !== '' || url.hash !== '' ? 'an address ends with its path' : undefined;
}

/** An address in a message, without user, password and query, also where it is no URL. */
export function shownAddress(written: string): string {
  return JSON.stringify(written.replace(/\/\/.*@/s, '//…@').replace(/\?.*/s, '?…'));
}

/**
 * The URL of a DNS name whose addresses are targets: `catalog.internal:4001` or `https://catalog.internal`. @throws
 * TypeError for an invalid name.
 */
export function dnsAddress(written: string): URL {
  return new URL(written.includes('://') ? written : `http://${written}`);
}
