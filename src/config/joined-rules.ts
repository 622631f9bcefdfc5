import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject } from './json-object.ts';

/** The keywords of two schemas that both hold, in one object. */
export interface JoinedRules {
  readonly rules: JsonObject;
  /** Keywords of both that are not one; the first schema's is in the rules. */
  readonly conflicts: readonly string[];
}

const LARGER: ReadonlySet<string> = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']);
const SMALLER: ReadonlySet<string> = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']);

export function joinedRules(a: JsonObject, b: JsonObject): JoinedRules {
  const rules: Record<string, unknown> = { ...a };
  const conflicts: string[] = [];
  for (const [name, value] of Object.entries(b)) {
    const other = rules[name];
    if (other === undefined || isDeepStrictEqual(other, value)) rules[name] = value;
    else if (name === 'required') rules[name] = [...new Set([other, value].flat())];
    else if (name === 'properties') rules[name] = joinedProperties(other, value);
    else if (LARGER.has(name)) rules[name] = Math.max(Number(other), Number(value));
    else if (SMALLER.has(name)) rules[name] = Math.min(Number(other), Number(value));
    else if (name === 'type') rules[name] = sharedTypes([other].flat(), [value].flat());
    else conflicts.push(name);
  }
  return { rules, conflicts };
}

function joinedProperties(a: unknown, b: unknown): JsonObject {
  const [first, second] = [isObject(a) ? a : {}, isObject(b) ? b : {}];
  const shared = Object.keys(second).filter(name => Object.hasOwn(first, name));
  const both = shared.map(name => [name, { allOf: [first[name], second[name]] }]);
  return { ...first, ...second, ...Object.fromEntries(both) };
}

/** Each integer is a number. */
function sharedTypes(a: readonly unknown[], b: readonly unknown[]): readonly unknown[] {
  const has = (types: readonly unknown[], type: unknown): boolean =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  return [...new Set([...a.filter(type => has(b, type)), ...b.filter(type => has(a, type))])];
}
