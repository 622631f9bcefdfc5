import type { CallTarget, Exchange } from '../core/exchange.ts';
import { encodeSegment } from '../core/path-segment.ts';

type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' | 'rest'; readonly name: string; readonly place: 'segment' | 'part' | 'query' };

const PIECE = /\[{1,2}(\.\.\.)?([^\]=]+)(?:=[^\]]+)?\]{1,2}/;

/** The values for a pattern: a request whose route has params. */
type Filling = Pick<Exchange, 'params' | 'rawParam'>;

/** The param names in brackets of a pattern such as `/v2/items/[id]`. */
export function patternParams(pattern: string): string[] {
  return pieces(pattern).flatMap(piece => (piece.kind === 'text' ? [] : [piece.name]));
}

/**
 * Compiles a pattern to a function of a request's params. A param that fills a whole segment keeps the client's
 * encoding, because two encodings of one text may differ in meaning (RFC 3986 §2.2). A param within a segment, or one
 * that a schema has changed, is encoded again.
 */
export function compilePattern(pattern: string): (x: Filling) => string {
  const compiled = pieces(pattern);
  const only = compiled[0];
  if (compiled.length === 1 && only?.kind === 'text') return () => only.text;
  const last = compiled.at(-1);
  return x => {
    const path = compiled.map(piece => (piece.kind === 'text' ? piece.text : filled(piece, x))).join('');
    return isAbsent(last, x) ? withoutGap(path).replace(/(?<=.)\/$/, '') : withoutGap(path);
  };
}

// An absent optional param leaves no empty segment and no trailing slash.
function withoutGap(filled: string): string {
  const request = filled.indexOf('?');
  const path = request < 0 ? filled : filled.slice(0, request);
  return path.replaceAll(/\/{2,}/g, '/') + filled.slice(path.length);
}

function isAbsent(piece: PatternPart | undefined, { params }: Filling): boolean {
  return piece !== undefined && piece.kind !== 'text' && params[piece.name] === undefined;
}

/** The path and query of a pattern, with the client's query appended to its own. */
export function withQuery(written: string, search: string): Pick<CallTarget, 'path' | 'search'> {
  const request = written.indexOf('?');
  if (request < 0) return { path: written, search };
  const own = written.slice(request);
  return { path: written.slice(0, request), search: search.length > 1 ? `${own}&${search.slice(1)}` : own };
}

function pieces(pattern: string): PatternPart[] {
  const found: PatternPart[] = [];
  let at = 0;
  for (let match = PIECE.exec(pattern); match !== null; match = PIECE.exec(pattern.slice(at))) {
    const [written, dots, name = ''] = match;
    const from = at + match.index;
    if (from > at) found.push({ kind: 'text', text: pattern.slice(at, from) });
    at = from + written.length;
    const isWhole = pattern[from - 1] === '/' && '/?'.includes(pattern[at] ?? '/');
    const isQuery = pattern.slice(0, from).includes('?');
    const place = isQuery ? 'query' : isWhole ? 'segment' : 'part';
    found.push({ kind: dots === undefined ? 'one' : 'rest', name, place });
  }
  if (at < pattern.length) found.push({ kind: 'text', text: pattern.slice(at) });
  return found;
}

function filled({ name, place }: Exclude<PatternPart, { kind: 'text' }>, x: Filling): string {
  const value: unknown = x.params[name];
  if (value === undefined) return '';
  // In a query the characters `&`, `=` and `+` have a meaning of their own.
  if (place === 'query') return encodeURIComponent(Array.isArray(value) ? value.join('/') : String(value));
  const raw = place === 'segment' ? x.rawParam(name) : undefined;
  if (!Array.isArray(value)) return segment(value, typeof raw === 'string' ? raw : undefined);
  // A trailing slash is an empty last segment and is kept.
  return value
    .map((part, i) =>
      part === '' && i === value.length - 1 ? '' : segment(part, Array.isArray(raw) ? raw[i] : undefined),
    )
    .join('/');
}

function segment(value: unknown, raw: string | undefined): string {
  const text = String(value);
  return raw !== undefined && (raw === text || decodeURIComponent(raw) === text) ? raw : encodeSegment(text);
}
