import type { AddressValue, AnyQuery } from './contract.ts';

/** A segment that is a param: `[id]`, `[id=int]`, `[[lang]]`, `[...path]` or `[[...path]]`. */
const PARAM = /^\[(\[)?(\.\.\.)?([^\]=]+)(?:=[^\]]*)?\]\]?$/;

type GivenParams = Readonly<Record<string, AddressValue | readonly AddressValue[] | undefined>>;

/**
 * The path of a route with its params, each encoded as one segment.
 * @throws TypeError for a missing param, and for one that would change the path: an empty segment, `.` or `..`.
 */
export function pathOf(pattern: string, params: GivenParams): string {
  const path: string[] = [];
  for (const segment of pattern.split('/').slice(1)) {
    const filled = segmentOf(segment, params, pattern);
    if (filled !== undefined) path.push(...filled);
  }
  return `/${path.join('/')}`;
}

/** One segment, or several for a rest param; undefined if it is optional and missing. */
function segmentOf(segment: string, params: GivenParams, pattern: string): readonly string[] | undefined {
  const param = PARAM.exec(segment);
  if (param === null) return [segment];
  const [, optional, rest, name = ''] = param;
  const value = params[name];
  if (value === undefined) {
    if (optional !== undefined) return undefined;
    throw new TypeError(`${pattern} needs the param "${name}"`);
  }
  const values: readonly AddressValue[] = Array.isArray(value) ? value : [value];
  if (Array.isArray(value) !== (rest !== undefined)) {
    const needed = rest === undefined ? 'one value' : 'an array of segments';
    throw new TypeError(`the param "${name}" of ${pattern} is ${needed}`);
  }
  if (values.length === 0 && optional === undefined) throw new TypeError(`${pattern} needs a segment for "${name}"`);
  return values.map(each => encoded(String(each), name, pattern));
}

function encoded(text: string, name: string, pattern: string): string {
  // A URL parser removes such a segment, and the request would go to another route.
  if (text === '' || text === '.' || text === '..') {
    throw new TypeError(`the param "${name}" of ${pattern} cannot be "${text}"`);
  }
  return encodeURIComponent(text);
}

/** With its question mark; '' for none. @throws TypeError for a value that has no text. */
export function searchOf(query: AnyQuery | undefined): string {
  if (query === undefined) return '';
  const text = (query instanceof URLSearchParams ? query : paramsOf(query)).toString();
  return text === '' ? '' : `?${text}`;
}

function paramsOf(query: Readonly<Record<string, unknown>>): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, textOf(each, name));
  }
  return search;
}

function textOf(value: unknown, name: string): string {
  if (value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`the query parameter "${name}" is a text, a number or a list of them`);
  }
  return String(value);
}
