import type { HeaderList } from './header-list.ts';
import { httpDate } from './http-date.ts';

/** A range of bytes, including the last one. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The part of a body of `length` bytes that a `Range` selects (RFC 9110 §14.1.2 and §14.2). Undefined means the whole
 * body: no range, another unit, a malformed range, or several ranges, which would need a multipart response.
 */
export function requestedRange(range: string | undefined, length: number): ByteRange | 'unsatisfiable' | undefined {
  if (range === undefined) return undefined;
  const specs = BYTES.exec(range)?.[1]
    ?.split(',')
    .map(spec => spec.trim());
  // RFC 9110 §5.6.1.2: empty list elements are ignored.
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
  // Satisfiable by §14.1.2, but no Content-Range can describe an empty range of an empty body.
  return length === 0 ? undefined : { from: Math.max(0, length - size), to: length - 1 };
}

/**
 * Whether `If-Range` allows a partial response (RFC 9110 §13.1.5): the client has a part of exactly these bytes, or
 * sends no condition. Weak validators never match, because they do not guarantee equal bytes.
 */
export function ifRangeMatches(request: HeaderList, response: HeaderList): boolean {
  const condition = request.get('if-range');
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === response.get('etag');
  const modified = httpDate(response.get('last-modified'));
  return modified !== undefined && httpDate(condition) === modified && isStrong(modified, response);
}

// RFC 9110 §8.8.2.2: a resource that changed in the second of its response may have changed again in it.
function isStrong(modified: number, response: HeaderList): boolean {
  const date = response.get('date');
  if (date === undefined) return true;
  const sent = httpDate(date);
  return sent !== undefined && modified <= sent - 1000;
}

/**
 * Parses a `Content-Range` (RFC 9110 §14.4); `length` is undefined for `*`. Undefined for an invalid or empty range.
 */
export function parseContentRange(
  value: string | undefined,
): (ByteRange & { readonly length: number | undefined }) | undefined {
  const [, first, last, complete] = CONTENT_RANGE.exec(value ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  const [from, to] = [Number(first), Number(last)];
  const length = complete === '*' ? undefined : Number(complete);
  // Larger numbers are not exact, so parts could not be combined.
  if (to < from || to >= (length ?? Number.MAX_SAFE_INTEGER) || (length ?? 0) > Number.MAX_SAFE_INTEGER)
    return undefined;
  return { from, to, length };
}

const CONTENT_RANGE = /^bytes +([0-9]+)-([0-9]+)\/([0-9]+|\*)$/i;
