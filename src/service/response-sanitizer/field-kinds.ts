/** How a response field may contain the address of a backend. */
export type FieldKind = 'plain' | 'location' | 'link' | 'refresh' | 'cookie' | 'other';

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

/** Senders can invent field names, so the number of remembered ones is limited. */
const MAX_NAMES = 1_000;

/** Remembers the kind of each name in its original case, so that nearly every field costs one lookup. */
export class FieldKinds {
  readonly #known = new Map<string, FieldKind>();

  of(name: string): FieldKind {
    return this.#known.get(name) ?? this.#judge(name);
  }

  #judge(name: string): FieldKind {
    const lower = name.toLowerCase();
    const kind = KINDS[lower] ?? (PLAIN.has(lower) ? 'plain' : 'other');
    if (this.#known.size < MAX_NAMES) this.#known.set(name, kind);
    return kind;
  }
}
