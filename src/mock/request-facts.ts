import { isObject } from '../config/json-object.ts';
import type { Exchange } from '../core/exchange.ts';

/** What a request says, by the names under which a response may repeat it. */
export type Facts = ReadonlyMap<string, unknown>;

interface CallFacts {
  readonly path: string;
  readonly search: string;
  readonly body: Buffer;
  /** The id that a part is called for. */
  readonly id: unknown;
}

/** The route's params that are in the call, the query of the call, the members of a JSON body, and the id. */
export function facts(x: Exchange, { path, search, body, id }: CallFacts): Facts {
  const segments = path.split('/').slice(1).map(decoded);
  const params = Object.entries(x.params).filter(([, value]) => segments.includes(String(value)));
  const last = segments.at(-1) ?? '';
  return new Map<string, unknown>([
    ['id', id ?? last],
    ...new URLSearchParams(search),
    // The last segment of `/sellers/7` is the id, whatever the route calls its own.
    ...params.filter(([name]) => name !== 'id' || segments.at(-1) === x.params.id),
    ...Object.entries(bodyMembers(body)),
  ]);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function bodyMembers(body: Buffer): object {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The value with the facts that have a member of their name, each as long as the whole fits. */
export async function withFacts(
  value: unknown,
  known: Facts,
  fits: (value: unknown) => Promise<boolean>,
): Promise<unknown> {
  if (!isObject(value)) return value;
  let result = value;
  for (const [name, fact] of known) {
    if (!Object.hasOwn(value, name)) continue;
    const repeated = { ...result, [name]: likeness(value[name], fact) };
    if (await fits(repeated)) result = repeated;
  }
  return result;
}

/** What the request says in the type of the value in whose place it comes. */
function likeness(value: unknown, fact: unknown): unknown {
  if (typeof fact === 'object') return fact;
  const text = String(fact);
  if (typeof value === 'string') return text;
  if (typeof value === 'number' && text.trim() !== '') return Number.isNaN(Number(text)) ? value : Number(text);
  return typeof value === 'boolean' ? text === 'true' : fact;
}
