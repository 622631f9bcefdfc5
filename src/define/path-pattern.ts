import type { CallTarget, Params } from '../core/exchange.ts';
import { encodeSegment } from '../core/path-segment.ts';

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' | 'rest'; readonly name: string };

const PIECE = /\[{1,2}(\.\.\.)?([^\]=]+)(?:=[^\]]+)?\]{1,2}/;

/** The names in brackets of a pattern such as `/v2/items/[id]`. */
export function patternParams(pattern: string): string[] {
  return pieces(pattern).flatMap(piece => (piece.kind === 'text' ? [] : [piece.name]));
}

/** Compiles a pattern to what it makes of a route's params: each one encoded segment, a rest param as many. */
export function compilePattern(pattern: string): (params: Params) => string {
  const compiled = pieces(pattern);
  const only = compiled[0];
  if (compiled.length === 1 && only?.kind === 'text') return () => only.text;
  return params => {
    const path = compiled.map(piece => (piece.kind === 'text' ? piece.text : filled(params[piece.name]))).join('');
    // An optional param that is absent leaves no empty segment behind.
    return path.replaceAll(/\/{2,}/g, '/');
  };
}

/** Where a pattern leads, with the client's query behind its own. */
export function withQuery(written: string, search: string): Pick<CallTarget, 'path' | 'search'> {
  const question = written.indexOf('?');
  if (question < 0) return { path: written, search };
  const own = written.slice(question);
  return { path: written.slice(0, question), search: search.length > 1 ? `${own}&${search.slice(1)}` : own };
}

function pieces(pattern: string): Piece[] {
  const found: Piece[] = [];
  let rest = pattern;
  for (let match = PIECE.exec(rest); match !== null; match = PIECE.exec(rest)) {
    if (match.index > 0) found.push({ kind: 'text', text: rest.slice(0, match.index) });
    found.push({ kind: match[1] === undefined ? 'one' : 'rest', name: match[2] ?? '' });
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== '') found.push({ kind: 'text', text: rest });
  return found;
}

function filled(value: unknown): string {
  if (value === undefined) return '';
  if (!Array.isArray(value)) return encodeSegment(String(value));
  // A trailing slash is a last empty segment and stays one.
  return value.map((part, i) => (part === '' && i === value.length - 1 ? '' : encodeSegment(String(part)))).join('/');
}
