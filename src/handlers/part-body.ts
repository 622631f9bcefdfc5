import type { AnyContext, LoadedPart } from '../config/loaded-route.ts';
import { type Body, bytesBody, NO_BODY } from '../core/body.ts';
import { stringifyExactly } from '../core/exact-json.ts';

/** The body of a part's request with its header fields: name, value, name, value, ... */
interface PartBody {
  readonly body: Body;
  readonly fields: readonly string[];
}

/** The fields of a part's body. */
export const JSON_FIELDS: readonly string[] = ['content-type', 'application/json'];

const WITHOUT: PartBody = { body: NO_BODY, fields: [] };
const EMPTY: PartBody = { body: bytesBody(Buffer.alloc(0)), fields: [] };

/** The body of a part's requests, or the function that makes it for each. */
export type BodyOfPart = PartBody | ((c: AnyContext, ...args: readonly unknown[]) => PartBody);

/** A body that is the same for all requests is made once. */
export function bodyOfPart({ method, json }: LoadedPart): BodyOfPart {
  if (typeof json === 'function') return (c, ...args) => jsonBody(json(c, ...args));
  if (json !== undefined) return jsonBody(json);
  return method === 'POST' ? EMPTY : WITHOUT;
}

function jsonBody(value: unknown): PartBody {
  const bytes = Buffer.from(stringifyExactly(value));
  return { body: bytesBody(bytes), fields: JSON_FIELDS };
}
