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

/**
 * Creates the filter of one direction: it keeps the fields that may be forwarded, without hop-by-hop fields, fields
 * that `Connection` names, and fields in `alsoDropped`. A name that was seen before in the same case costs one lookup.
 */
export function endToEndFilter(
  alsoDropped: Dropped,
): (flat: readonly string[], added?: readonly string[]) => HeaderList {
  const known = new Map<string, FieldVerdict>();
  const judge = (name: string): FieldVerdict => {
    const verdict = verdictOn(name.toLowerCase(), alsoDropped);
    if (known.size < MAX_NAMES) known.set(name, verdict);
    return verdict;
  };
  return (flat, added = NONE) => {
    const kept: string[] = [];
    let named: Set<string> | undefined;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] ?? '';
      const value = flat[i + 1] ?? '';
      const verdict = known.get(name) ?? judge(name);
      if (verdict === 'kept') kept.push(name, value);
      else if (verdict === 'connection') named = namedIn(value, named);
    }
    for (const text of added) kept.push(text);
    const list = new HeaderList(kept);
    return named === undefined ? list : list.without(named);
  };
}

type FieldVerdict = 'kept' | 'dropped' | 'connection';

const NONE: readonly string[] = [];

/** By lower-case name. The fields that `Connection` names come from `namedIn`. */
export function isHopByHop(lowerName: string): boolean {
  return HOP_BY_HOP.has(lowerName);
}

function verdictOn(lowerName: string, alsoDropped: Dropped): FieldVerdict {
  if (lowerName === 'connection') return 'connection';
  return isHopByHop(lowerName) || alsoDropped(lowerName) ? 'dropped' : 'kept';
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
