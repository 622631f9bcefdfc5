import type { HeaderList } from './header-list.ts';
import { httpDate } from './http-date.ts';

/** Bytes of a body, the last one included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * What a `Range` selects of a body of `length` bytes (RFC 9110 §14.1.2 and §14.2). Undefined means the whole body: no
 * range, another unit, a malformed one, or several ranges, which would need a multipart response.
 */
export function requestedRange(range: string | undefined, length: number): ByteRange | 'unsatisfiable' | undefined {
  if (range === undefined) return undefined;
  const specs = BYTES.exec(range)?.[1]
    ?.split(',')
    .map(spec => spec.trim());
  // RFC 9110 §5.6.1.2: empty elements of a list are nothing.
  const [spec, ...others] = specs?.filter(known => known !== '') ?? [];
  if (spec === undefined || others.length > 0) return undefined;
  const [, first = '', last = ''] = SPEC.exec(spec) ?? [];
  if (first !== '') return fromFirst(Number(first), last === '' ? Number.POSITIVE_INFINITY : Number(last), length);
  return last === '' ? undefined : suffix(Number(last), length);
}

const BYTES = /^bytes=(.*)$/i;
const SPEC = /^([0-9]*)-([0-9]*)$/;

function fromFirst(first: number, last: number, length: number): ByteRange | 'unsatisfiable' | undefined {
  if (last < first) return undefined;
  return first >= length ? 'unsatisfiable' : { from: first, to: Math.min(last, length - 1) };
}

function suffix(size: number, length: number): ByteRange | 'unsatisfiable' | undefined {
  if (size === 0) return 'unsatisfiable';
  // Satisfiable by §14.1.2, but no Content-Range can say "none of none".
  return length === 0 ? undefined : { from: Math.max(0, length - size), to: length - 1 };
}

/**
 * Whether a range may be cut from this representation (RFC 9110 §13.1.5): the client holds a part of exactly the same
 * bytes, or does not say. Weak validators never match: they promise no equal bytes.
 */
export function ifRangeMatches(request: HeaderList, response: HeaderList): boolean {
  const condition = request.get('if-range');
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === response.get('etag');
  const modified = httpDate(response.get('last-modified'));
  return modified !== undefined && httpDate(condition) === modified && isStrong(modified, response);
}

// RFC 9110 §8.8.2.2: what changed in the second in which it was sent may have changed twice in it.
function isStrong(modified: number, response: HeaderList): boolean {
  const date = response.get('date');
  if (date === undefined) return true;
  const sent = httpDate(date);
  return sent !== undefined && modified <= sent - 1000;
}

/**
 * What a `Content-Range` says (RFC 9110 §14.4); `length` is undefined where it says `*`. Undefined for one that is none
 * or holds no bytes.
 */
export function parseContentRange(
  value: string | undefined,
): (ByteRange & { readonly length: number | undefined }) | undefined {
  const [, first, last, complete] = CONTENT_RANGE.exec(value ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  const [from, to] = [Number(first), Number(last)];
  const length = complete === '*' ? undefined : Number(complete);
  // Beyond that, numbers are no longer exact, and neither would be what is put together by them.
  if (to < from || to >= (length ?? Number.MAX_SAFE_INTEGER) || (length ?? 0) > Number.MAX_SAFE_INTEGER)
    return undefined;
  return { from, to, length };
}

const CONTENT_RANGE = /^bytes +([0-9]+)-([0-9]+)\/([0-9]+|\*)$/i;
