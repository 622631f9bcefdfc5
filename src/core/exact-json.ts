import { GatewayError } from './failure.ts';

// JSON whose integers keep their digits: a JavaScript number rounds those beyond 2^53 (RFC 8259 §6).

const INTEGER = /^-?\d+$/;

/** A parsed text: for schemas, which know no bigint, and for code. The two are the same value if nothing is rounded. */
export interface ExactValue {
  /** Integers beyond 2^53 are rounded. */
  readonly rounded: unknown;
  /** Integers beyond 2^53 are bigints. */
  readonly exact: unknown;
}

/** Of a text without bytes. */
export const NO_VALUE: ExactValue = { rounded: undefined, exact: undefined };

/** @throws SyntaxError for invalid JSON, RangeError for a number beyond the range of a double, such as `1e400`. */
export function parseExactly(text: string): ExactValue {
  const rounded: unknown = JSON.parse(text);
  if (!mayBeInexact(text)) return { rounded, exact: rounded };
  return { rounded, exact: JSON.parse(text, exactNumber) };
}

/** 2^53 has as many digits. */
const LONG_INTEGER = 16;
/** The exponents of numbers that overflow have as many digits, or the numbers are long themselves. */
const LONG_EXPONENT = 3;

/**
 * Whether a text may hold a number that JavaScript rounds or does not have. It is also true for such digits in a
 * string, which costs time and changes nothing. Every third character shows each run of three digits; a regular
 * expression, which looks at each, takes half as long as the parser.
 */
function mayBeInexact(text: string): boolean {
  for (let i = LONG_EXPONENT - 1; i < text.length; i += LONG_EXPONENT) {
    if (!isDigit(text, i)) continue;
    let start = i;
    while (isDigit(text, start - 1)) start--;
    while (isDigit(text, i + 1)) i++;
    const digits = i + 1 - start;
    if (digits >= LONG_INTEGER || (digits >= LONG_EXPONENT && isExponent(text, start))) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

function isExponent(text: string, start: number): boolean {
  const sign = text[start - 1];
  const mark = sign === '+' || sign === '-' ? text[start - 2] : sign;
  return mark === 'e' || mark === 'E';
}

/**
 * What a schema has made of a rounded value, with all digits of the integers that are in `exact` at the same place. The
 * value itself may belong to the schema, so what changes is copied.
 */
export function withExactIntegers(value: unknown, exact: unknown): unknown {
  if (typeof exact === 'bigint') return value === Number(exact) ? exact : value;
  if (typeof exact !== 'object' || exact === null || !isData(value)) return value;
  let copy: object | undefined;
  for (const [name, each] of Object.entries(exact)) {
    if (!Object.hasOwn(value, name)) continue;
    const known: unknown = value[name as keyof typeof value];
    const kept = withExactIntegers(known, each);
    if (kept === known) continue;
    copy ??= Array.isArray(value) ? [...value] : { ...value };
    Object.defineProperty(copy, name, { value: kept, enumerable: true, configurable: true, writable: true });
  }
  return copy ?? value;
}

/** A list or a plain object; an instance of a class is what the schema has made of the value. */
function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
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
export function stringifyExactly(value: unknown, known: readonly unknown[] = NONE): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    text = withBigints(value, error);
  }
  const flaw = flawIn(value, known, 0);
  if (flaw !== undefined) throw notJson(flaw);
  return text ?? 'null';
}

const NONE: readonly unknown[] = [];

// Node has it, though the types do not yet.
const { rawJSON } = JSON as JSON & { rawJSON(text: string): unknown };

/** A function at each value takes six times as long, so it is used only after JSON.stringify has met a bigint. */
function withBigints(value: unknown, reason: unknown): string | undefined {
  try {
    if (!(reason instanceof TypeError)) throw reason;
    return JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? rawJSON(String(each)) : each));
  } catch (error) {
    // A cycle, bigints nested deeper than the stack, or an error of a `toJSON`.
    if (error instanceof TypeError || error instanceof RangeError)
      throw notJson(cycleIn(value, []) ?? { what: error.message, path: [] });
    throw error;
  }
}

function cycleIn(value: unknown, around: readonly object[]): Flaw | undefined {
  if (typeof value !== 'object' || value === null || around.length === MAX_LEVELS) return undefined;
  if (around.includes(value)) return { what: 'part of itself', path: [] };
  for (const [name, each] of Object.entries(value)) {
    const flaw = cycleIn(each, [...around, value]);
    if (flaw !== undefined) return below(name, flaw);
  }
  return undefined;
}

function notJson({ what, path }: Flaw): GatewayError {
  const position = path.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const cause = new TypeError(`the route's response is no JSON: ${position === '' ? '' : `${position} is `}${what}`);
  return new GatewayError('reply.invalid', 'The response is not what the route promises', { cause });
}

interface Flaw {
  readonly what: string;
  /** From the outermost name on. */
  readonly path: readonly string[];
}

/** No value is made by hand that deep, and the stack must not overflow here. */
const MAX_LEVELS = 500;

/** The first value that JSON.stringify has replaced or left out. The value has no cycle. */
function flawIn(value: unknown, known: readonly unknown[], level: number): Flaw | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : { what: String(value), path: [] };
    case 'function':
    case 'symbol':
      return { what: `a ${typeof value}`, path: [] };
    case 'object':
      if (value === null || level === MAX_LEVELS || known.includes(value)) return undefined;
      return 'toJSON' in value && typeof value.toJSON === 'function' ? undefined : flawWithin(value, known, level);
    default:
      return undefined;
  }
}

function flawWithin(value: object, known: readonly unknown[], level: number): Flaw | undefined {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const flaw = flawIn(value[i], known, level + 1);
      if (flaw !== undefined) return below(String(i), flaw);
    }
    return undefined;
  }
  for (const name of Object.keys(value)) {
    const flaw = flawIn(value[name as keyof typeof value], known, level + 1);
    if (flaw !== undefined) return below(name, flaw);
  }
  return undefined;
}

function below(name: string, { what, path }: Flaw): Flaw {
  return { what, path: [name, ...path] };
}
