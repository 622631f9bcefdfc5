import { isHopByHop } from '../core/headers/hop-by-hop.ts';
import type { Context } from './context.ts';
import { isField } from './question.ts';

/** Request fields by their names: a text in place of what the client sent, undefined for none at all. */
export type HeaderValues = Readonly<Record<string, string | undefined>>;

/** What is said to a service beside what the client sends, or in its place: an object, or a function of the request that makes one. */
export type RequestHeaders<C = Context> = HeaderValues | ((c: C) => HeaderValues | Promise<HeaderValues>);

/** What a field that cannot be said is refused for; undefined for one that can. */
export function headerMistake(name: string, value: unknown): string | undefined {
  const lower = name.toLowerCase();
  if (isHopByHop(lower) || FRAMING.has(lower)) return `"${name}" is the connection's own, and written by the gateway`;
  if (value === undefined ? isField(name, '') : isField(name, value)) return undefined;
  return `"${name}" must be the name of a header, and a text without control characters`;
}

const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'expect']);
