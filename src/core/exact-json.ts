import { GatewayError } from './failure.ts';

// JSON whose integers keep their digits: a JavaScript number rounds those beyond 2^53 (RFC 8259 §6).

/**
 * Whether a text may hold a number that JavaScript rounds or does not have. It is also true for such digits in a
 * string, which costs time and changes nothing.
 */
const SUSPICIOUS = /\d{16}|[eE][+-]?\d{3}/;
const INTEGER = /^-?\d+$/;

/** A parsed text: for schemas, which know no bigint, and for code. The two are the same value if nothing is rounded. */
export interface ExactValue {
  /** Integers beyond 2^53 are rounded. */
  readonly rounded: unknown;
  /** Integers beyond 2^53 are bigints. */
  readonly exact: unknown;
}

/** @throws SyntaxError for invalid JSON, RangeError for a number beyond the range of a double, such as `1e400`. */
export function parseExactly(text: string): ExactValue {
  const rounded: unknown = JSON.parse(text);
  if (!SUSPICIOUS.test(text)) return { rounded, exact: rounded };
  return { rounded, exact: JSON.parse(text, exactNumber) };
}

function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  if (!Number.isFinite(value)) throw new RangeError('a number is beyond the range of a double');
  const source = context?.source ?? '';
  return INTEGER.test(source) ? BigInt(source) : value;
}

/** An integer that was written as text, and converted to a number: a bigint if the number is not exact. */
export function exactInteger(written: unknown, converted: unknown): unknown {
  if (typeof written !== 'string' || typeof converted !== 'number' || Number.isSafeInteger(converted)) return converted;
  return INTEGER.test(written) ? BigInt(written) : converted;
}

/** Rounds the bigints of a value; the same value if it has none. */
export function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const rounded = value.map(withoutBigints);
    return rounded.every((each, i) => Object.is(each, value[i])) ? value : rounded;
  }
  const entries = Object.entries(value);
  const rounded = entries.map(([name, each]): [string, unknown] => [name, withoutBigints(each)]);
  return rounded.every(([, each], i) => Object.is(each, entries[i]?.[1])) ? value : Object.fromEntries(rounded);
}

/**
 * Writes a value as JSON, with every digit of a bigint. `undefined` is left out of an object, as JSON.stringify does.
 * @param known values that come from JSON, so that they need no look.
 * @throws GatewayError `reply.invalid` for NaN, an infinity, a function, a symbol and a cycle; its cause names the
 * position as a JSON pointer (RFC 6901).
 */
export function stringifyExactly(value: unknown, known: ReadonlySet<unknown> = NONE): string {
  const flaw = new FlawFinder(known).in(value);
  if (flaw !== undefined) throw notJson(`${positionOf(flaw)} is ${flaw.what}`);
  try {
    return written(value);
  } catch (error) {
    // A `toJSON` may return anything, and bigints may be nested deeper than the stack.
    if (error instanceof TypeError || error instanceof RangeError) throw notJson(error.message);
    throw error;
  }
}

function notJson(reason: string): GatewayError {
  const cause = new TypeError(`the route's response is no JSON: ${reason}`);
  return new GatewayError('reply.invalid', 'The response is not what the route promises', { cause });
}

function positionOf({ path }: Flaw): string {
  return path.length === 0 ? 'the value' : path.map(name => `/${escaped(name)}`).join('');
}

const NONE: ReadonlySet<unknown> = new Set();

/** A function at each value takes six times as long, so it is used only after a bigint was met. */
function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (error instanceof TypeError) return JSON.stringify(value, rawBigint) ?? 'null';
    throw error;
  }
}

// Node has it, though the types do not yet.
const { rawJSON } = JSON as JSON & { rawJSON(text: string): unknown };

function rawBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJSON(String(value)) : value;
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Deeper values are left to JSON.stringify, which knows cycles too, so that the stack does not overflow here. */
const MAX_LEVELS = 500;

interface Flaw {
  readonly what: string;
  /** From the outermost name on. */
  readonly path: string[];
}

class FlawFinder {
  readonly #known: ReadonlySet<unknown>;
  /** The objects around the current one. */
  readonly #around: object[] = [];

  constructor(known: ReadonlySet<unknown>) {
    this.#known = known;
  }

  in(value: unknown): Flaw | undefined {
    switch (typeof value) {
      case 'number':
        return Number.isFinite(value) ? undefined : { what: String(value), path: [] };
      case 'function':
      case 'symbol':
        return { what: `a ${typeof value}`, path: [] };
      case 'object':
        return value === null || this.#known.has(value) ? undefined : this.#inObject(value);
      default:
        return undefined;
    }
  }

  #inObject(value: object): Flaw | undefined {
    if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
    if (this.#around.includes(value)) return { what: 'part of itself', path: [] };
    if (this.#around.length >= MAX_LEVELS) return undefined;
    this.#around.push(value);
    const flaw = this.#inMembers(value);
    this.#around.pop();
    return flaw;
  }

  #inMembers(value: object): Flaw | undefined {
    for (const name of Object.keys(value)) {
      const flaw = this.in(value[name as keyof typeof value]);
      if (flaw === undefined) continue;
      flaw.path.unshift(name);
      return flaw;
    }
    return undefined;
  }
}
