import { isHopByHop } from '../core/headers/hop-by-hop.ts';
import type { Context } from './context.ts';
import { isField } from './explain-query.ts';

/** Request headers by name: a string replaces the client's field, undefined removes it. */
export type HeaderValues = Readonly<Record<string, string | undefined>>;

/**
 * Request headers for a service, added to the client's or in their place: an object, or a function of the request that
 * returns one.
 */
export type RequestHeaders<C = Context> = HeaderValues | ((c: C) => HeaderValues | Promise<HeaderValues>);

/** The reason why a header field is invalid; undefined for a valid one. */
export function headerMistake(name: string, value: unknown): string | undefined {
  const lower = name.toLowerCase();
  if (isHopByHop(lower) || FRAMING.has(lower)) return `"${name}" is the connection's own, and written by the gateway`;
  if (value === undefined ? isField(name, '') : isField(name, value)) return undefined;
  return `"${name}" must be the name of a header, and a text without control characters`;
}

const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'expect']);

/** Whether it is a plain object; a `Headers` object does not expose its fields as properties. */
export function isHeaderValues(value: unknown): value is HeaderValues {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export const NO_PLAIN_OBJECT =
  '"headers" must be a plain object of names and texts; of a Headers make one by Object.fromEntries(headers)';
