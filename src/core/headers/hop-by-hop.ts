import { HeaderList } from './header-list.ts';

/** RFC 9110 §7.6.1: fields of one connection, which are never forwarded in either direction. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** RFC 9110 §6.5.1: fields for framing, routing or authentication are not allowed in trailers. */
const NEVER_BEHIND: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'host',
  'location',
  'set-cookie',
  'vary',
]);

export function mayTrail(lowerName: string): boolean {
  return !NEVER_BEHIND.has(lowerName);
}

/** Fields that `Connection` may not remove, because the gateway or a backend relies on them. */
const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'forwarded',
  'x-request-id',
  'traceparent',
  'tracestate',
]);

function isProtected(name: string): boolean {
  return PROTECTED.has(name) || name.startsWith('x-forwarded-');
}

/** Whether a field is dropped, by its lower-case name. */
type Dropped = (lowerName: string) => boolean;

/** Senders can invent field names, so the number of remembered ones is limited. */
const MAX_NAMES = 1_000;

/** How a filter treats the fields that it keeps. */
export interface FieldRewriter<Kind extends string, Context> {
  /** The kind of a field by its lower-case name; 'plain' for one that is passed on unchanged. */
  kindOf(lowerName: string): Kind | 'plain';
  /** Undefined drops the field. */
  rewrite(kind: Kind, value: string, context: Context): string | undefined;
}

/**
 * Creates the filter of one direction: it keeps the fields that may be forwarded, without hop-by-hop fields, fields
 * that `Connection` names, and fields in `alsoDropped`, and rewrites the values of some. A name that was seen before in
 * the same case costs one lookup.
 */
export function rewritingFilter<Kind extends string, Context>(
  alsoDropped: Dropped,
  { kindOf, rewrite }: FieldRewriter<Kind, Context>,
): (flat: readonly string[], context: Context) => HeaderList {
  const known = new Map<string, FieldVerdict | Kind>();
  const judge = (name: string): FieldVerdict | Kind => {
    const lower = name.toLowerCase();
    const verdict = fateOf(lower, alsoDropped) ?? kindOf(lower);
    if (known.size < MAX_NAMES) known.set(name, verdict);
    return verdict;
  };
  return (flat, context) => {
    const kept: string[] = [];
    let named: Set<string> | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] ?? '';
      const value = flat[i + 1] ?? '';
      const verdict = known.get(name) ?? judge(name);
      if (verdict === 'plain') kept.push(name, value);
      else if (verdict === 'connection') named = namedIn(value, named);
      else if (verdict !== 'dropped') {
        const written = rewrite(verdict as Kind, value, context);
        if (written !== undefined) kept.push(name, written);
      }
    }
    const list = new HeaderList(kept);
    return named === undefined ? list : list.without(named);
  };
}

type FieldVerdict = 'plain' | 'dropped' | 'connection';

const UNCHANGED: FieldRewriter<never, undefined> = { kindOf: () => 'plain', rewrite: (_kind, value) => value };

/** The same without a rewrite. */
export function endToEndFilter(alsoDropped: Dropped): (flat: readonly string[]) => HeaderList {
  const filter = rewritingFilter(alsoDropped, UNCHANGED);
  return flat => filter(flat, undefined);
}

/** By lower-case name. The fields that `Connection` names come from `namedIn`. */
export function isHopByHop(lowerName: string): boolean {
  return HOP_BY_HOP.has(lowerName);
}

function fateOf(lowerName: string, alsoDropped: Dropped): 'connection' | 'dropped' | undefined {
  if (lowerName === 'connection') return 'connection';
  return isHopByHop(lowerName) || alsoDropped(lowerName) ? 'dropped' : undefined;
}

/** The names in one `Connection` line, added to those of earlier lines. */
export function namedIn(value: string, named: Set<string> | undefined): Set<string> | undefined {
  // The values of nearly every message.
  if (value === 'keep-alive' || value === 'close') return named;
  let names = named;
  for (const token of value.split(',')) {
    const lower = token.trim().toLowerCase();
    if (lower === 'keep-alive' || lower === 'close' || lower === '' || isProtected(lower)) continue;
    names ??= new Set();
    names.add(lower);
  }
  return names;
}
