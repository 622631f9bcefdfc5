import type { AnyContext, LoadedPart } from '../config/loaded-route.ts';
import { type Body, bytesBody, NO_BODY } from '../core/body.ts';
import { stringifyExactly } from '../core/exact-json.ts';

/** The body of a part's request with its header fields: name, value, name, value, ... */
export interface PartBody {
  readonly body: Body;
  readonly fields: readonly string[];
}

const WITHOUT: PartBody = { body: NO_BODY, fields: [] };
const EMPTY: PartBody = { body: bytesBody(Buffer.alloc(0)), fields: [] };

/** Makes the body of each request of a part; a body that is the same for all is made once. */
export function partBodyOf({ method, json }: LoadedPart): (c: AnyContext, ...args: readonly unknown[]) => PartBody {
  if (typeof json === 'function') return (c, ...args) => jsonBody(json(c, ...args));
  const fixed = json === undefined ? (method === 'POST' ? EMPTY : WITHOUT) : jsonBody(json);
  return () => fixed;
}

function jsonBody(value: unknown): PartBody {
  const bytes = Buffer.from(stringifyExactly(value));
  return { body: bytesBody(bytes), fields: ['content-type', 'application/json'] };
}
