import { parseDictionary } from 'structured-headers';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import type { Directives } from './directives.ts';

/** The target list of this cache, most specific first (RFC 9213 §2.2). */
const TARGETS = ['portico-cache-control', 'cdn-cache-control'] as const;

/** RFC 9213 §2.1: the first valid and non-empty targeted field replaces Cache-Control and Expires. */
export function targetedDirectives(headers: HeaderList): Directives | undefined {
  for (const name of TARGETS) {
    const value = headers.joined(name);
    const directives = value === undefined ? undefined : directivesIn(value);
    if (directives !== undefined && directives.size > 0) return directives;
  }
  return undefined;
}

function directivesIn(value: string): Directives | undefined {
  try {
    const directives = new Map<string, string | undefined>();
    for (const [name, [item]] of parseDictionary(value)) {
      if (item !== false) directives.set(name, item === true ? undefined : argument(item));
    }
    return directives;
  } catch {
    return undefined;
  }
}

// A value of the wrong type is malformed: '' is no number.
function argument(item: unknown): string {
  if (typeof item === 'string') return /^\d+$/.test(item) ? '' : item;
  return typeof item === 'number' ? String(item) : '';
}
