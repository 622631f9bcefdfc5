/** How a response field may contain the address of a backend. */
export type FieldKind = 'location' | 'link' | 'refresh' | 'cookie' | 'other';

const KINDS: Readonly<Record<string, FieldKind>> = {
  location: 'location',
  'content-location': 'location',
  link: 'link',
  refresh: 'refresh',
  'set-cookie': 'cookie',
};

/** Fields whose grammar allows no address. */
const PLAIN: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'retry-after',
  'strict-transport-security',
  'vary',
  'x-content-type-options',
  'x-frame-options',
]);

/** By lower-case name. */
export function fieldKindOf(lowerName: string): FieldKind | 'plain' {
  return KINDS[lowerName] ?? (PLAIN.has(lowerName) ? 'plain' : 'other');
}
