import type { HeaderList } from '../../../core/headers/header-list.ts';
import { namesInVary } from '../../../core/headers/vary.ts';
import { memoize } from '../../../core/memoize.ts';
import { isAnything, normalField } from './normalized-field.ts';

/** The request headers that a response depends on, by its own Vary (RFC 9111 §4.1); in order. */
export function variantNames(headers: HeaderList): string[] {
  const names = namesInVary(headers);
  // A backend that encodes without `Vary` would have its gzip served to clients that cannot read it.
  const isEncoded = headers.has('content-encoding') && !names.includes('accept-encoding');
  return isEncoded ? [...names, 'accept-encoding'].sort() : names;
}

/** The values of the headers in the variant key, as one line. */
export function variantKey(names: readonly string[], headers: HeaderList): string {
  let key = '';
  for (const name of names) key += `${key === '' ? '' : '&'}${nameKey(name)}=${valueKey(name, headers)}`;
  return key;
}

const nameKey = memoize(encodeURIComponent);

// A field that is not there differs from one that is empty (RFC 9111 §4.1: both must be absent).
function valueKey(name: string, headers: HeaderList): string {
  const value = headers.joined(name);
  return value === undefined || isAnything(name, value) ? '-' : keyOf(name)(value);
}

const KEYS = new Map<string, (value: string) => string>();
/** Names of fields are the sender's to invent: no more of them are remembered than this. */
const MAX_NAMES = 100;

/** What is remembered of a value is what stands in the key. */
function keyOf(name: string): (value: string) => string {
  const known = KEYS.get(name);
  if (known !== undefined) return known;
  const made = memoize(value => `'${encodeURIComponent(normalField(name, value))}`);
  if (KEYS.size >= MAX_NAMES) KEYS.clear();
  KEYS.set(name, made);
  return made;
}
