import { pointerBelow } from '../config/verdict.ts';
import type { Drift } from '../core/ports/drift.ts';
import { type JsonShape, type JsonType, jsonTypeOf, MAX_LEVELS } from './json-shape.ts';

export type ShapeChange = Pick<Drift, 'pointer' | 'change'>;

/** A null is a change only where this many recorded values were none: with fewer, it may be an ordinary value. */
const ENOUGH_VALUES = 3;
/** Items and members of one value that are looked at. */
const MAX_LOOKED_AT = 100;

/** Where a value differs from everything that was recorded. */
export function shapeChanges(value: unknown, shape: JsonShape, pointer = '', level = 0): readonly ShapeChange[] {
  const type = jsonTypeOf(value);
  const known = [...shape.types.keys()].filter(each => each !== 'null');
  // Where only nulls were recorded, nothing is known.
  if (known.length === 0 || level >= MAX_LEVELS) return [];
  if (type === 'null') return isNew(shape) ? [{ pointer, change: `is now null, was ${known.join(' or ')}` }] : [];
  if (!known.some(each => isSame(type, each)))
    return [{ pointer, change: `is now ${type}, was ${known.join(' or ')}` }];
  if (Array.isArray(value)) return itemChanges(value, shape, pointer, level);
  return typeof value === 'object' && value !== null ? memberChanges(value, shape, pointer, level) : [];
}

function isNew({ types, count }: JsonShape): boolean {
  return !types.has('null') && count >= ENOUGH_VALUES;
}

/** A price of 12 is an integer today and 12.5 tomorrow. */
function isSame(type: JsonType, recorded: JsonType): boolean {
  return type === recorded || (isNumber(type) && isNumber(recorded));
}

function isNumber(type: JsonType): boolean {
  return type === 'integer' || type === 'number';
}

function itemChanges(
  items: readonly unknown[],
  { items: shape }: JsonShape,
  pointer: string,
  level: number,
): readonly ShapeChange[] {
  // Only empty arrays were recorded.
  if (shape === undefined) return [];
  return items.slice(0, MAX_LOOKED_AT).flatMap(item => shapeChanges(item, shape, `${pointer}/*`, level + 1));
}

function memberChanges(value: object, shape: JsonShape, pointer: string, level: number): readonly ShapeChange[] {
  const members = Object.entries(value).slice(0, MAX_LOOKED_AT);
  const { table } = shape;
  if (table !== undefined) return members.flatMap(([, each]) => shapeChanges(each, table, `${pointer}/*`, level + 1));
  const gone = shape.required.filter(name => !Object.hasOwn(value, name));
  const changed = members.flatMap(([name, each]) => {
    const below = pointerBelow(pointer, name);
    const known = shape.members.get(name);
    return known === undefined ? [{ pointer: below, change: 'is new' }] : shapeChanges(each, known, below, level + 1);
  });
  return [...gone.map(name => ({ pointer: pointerBelow(pointer, name), change: 'is gone' })), ...changed];
}
