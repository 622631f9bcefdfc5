import type { JsonObject } from '../config/json-object.ts';
import { patternText, TextTooLong } from './pattern-text.ts';
import { rangeByName, textByName, textOfFormat } from './plausible-text.ts';
import type { SeededRandom } from './random.ts';
import { TOO_LARGE, Unmockable } from './unmockable.ts';

/** Where a value stands. */
export interface NamedPlace {
  /** A JSON pointer into the schema. */
  readonly at: string;
  /** The name of the nearest property. */
  readonly name: string;
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** @param place.room the characters that may still be made. */
export function textOf(
  rules: JsonObject,
  { at, name, room }: NamedPlace & { readonly room: number },
  random: SeededRandom,
): string {
  const { pattern, format } = rules;
  const [min, max] = [numberIn(rules.minLength) ?? 0, numberIn(rules.maxLength) ?? Number.POSITIVE_INFINITY];
  if (min > room) throw new Unmockable(at, TOO_LARGE);
  if (typeof pattern === 'string') return textOfPattern(pattern, at, () => patternText(pattern, random, { min, max }));
  const formatted = typeof format === 'string' ? textOfFormat(format, random) : undefined;
  if (formatted !== undefined) return formatted;
  const text = textByName(name, random).padEnd(min, random.hex(32));
  return text.slice(0, Math.max(min, Math.min(max, 200))).slice(0, max);
}

function textOfPattern(pattern: string, at: string, make: () => string | undefined): string {
  try {
    const text = make();
    if (text !== undefined) return text;
  } catch (error) {
    if (error instanceof TextTooLong) throw new Unmockable(`${at}/pattern`, TOO_LARGE);
    throw error;
  }
  throw new Unmockable(`${at}/pattern`, `no text is known that fits ${JSON.stringify(pattern)}`);
}

export function numberOf(
  rules: JsonObject,
  isInteger: boolean,
  { at, name }: NamedPlace,
  random: SeededRandom,
): number {
  const step = numberIn(rules.multipleOf) ?? (isInteger ? 1 : 0.01);
  const [from, to] = rangeByName(name);
  const min = Math.max(numberIn(rules.minimum) ?? -Infinity, numberIn(rules.exclusiveMinimum) ?? -Infinity);
  const max = Math.min(numberIn(rules.maximum) ?? Infinity, numberIn(rules.exclusiveMaximum) ?? Infinity);
  const width = to - from;
  const low = Math.max(min, max < from ? max - width : from);
  const high = Math.min(max, low > to ? low + width : to);
  const isOpen = { low: low === rules.exclusiveMinimum, high: high === rules.exclusiveMaximum };
  const first = Math.ceil(low / step) + (isOpen.low && Number.isInteger(low / step) ? 1 : 0);
  const last = Math.floor(high / step) - (isOpen.high && Number.isInteger(high / step) ? 1 : 0);
  if (first <= last) return rounded(random.between(first, last) * step);
  if (isInteger || rules.multipleOf !== undefined || low > high)
    throw new Unmockable(at, 'no number is within its bounds');
  return low === high ? low : (low + high) / 2;
}

/** Without the digits that binary fractions add. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
