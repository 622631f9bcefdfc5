import type { HeaderList } from '../../../core/headers/header-list.ts';
import { namesInVary } from '../../../core/headers/vary.ts';
import { memoize } from '../../../core/memoize.ts';
import { isAnything, normalField } from './normalized-field.ts';

/** The request headers in a response's own Vary (RFC 9111 §4.1), sorted. */
export function variantNames(headers: HeaderList): readonly string[] {
  const names = namesInVary(headers);
  // The gzip of a backend that encodes without `Vary` would reach clients that cannot read it.
  const isEncoded = headers.has('content-encoding') && !names.includes('accept-encoding');
  return isEncoded ? [...names, 'accept-encoding'].sort() : names;
}

/** The header values in the variant key, as one line. */
export function variantKey(names: readonly string[], headers: HeaderList): string {
  let key = '';
  for (const name of names) key += `${key === '' ? '' : '&'}${nameKey(name)}=${valueKey(name, headers)}`;
  return key;
}

const nameKey = memoize(encodeURIComponent);

// An absent field differs from an empty one (RFC 9111 §4.1: both must be absent).
function valueKey(name: string, headers: HeaderList): string {
  const value = headers.joined(name);
  return value === undefined || isAnything(name, value) ? '-' : keyOf(name)(value);
}

const KEYS = new Map<string, (value: string) => string>();
/** Senders can invent field names, so the number of remembered ones is limited. */
const MAX_NAMES = 100;

/** The remembered result is the value in the key. */
function keyOf(name: string): (value: string) => string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const made = memoize(value => `'${encodeURIComponent(normalField(name, value))}`);
  if (KEYS.size >= MAX_NAMES) KEYS.clear();
  KEYS.set(name, made);
  return made;
}
