import { isDeepStrictEqual } from 'node:util';
import { isObject } from './json-object.ts';
import { MAP_KEYWORDS, VALUE_KEYWORDS } from './subschemas.ts';

/**
 * A schema whose parts with an `$id` stand in its `$defs`, each once, if it has to be so: a part that refers to itself
 * by its `$id` may stand in several places of another schema, where only the first can have the name; and ajv does not
 * find it below a property with an unusual name. Different parts of one `$id` stay, and are an error.
 */
export function withSingleIds(schema: object): object {
  const ids = new Map<string, { readonly part: object; readonly moved: unknown }>();
  let isNeeded = false;
  const inside = (part: object, isUsual: boolean): object =>
    Object.fromEntries(
      Object.entries(part).map(([name, below]) => {
        if (VALUE_KEYWORDS.has(name)) return [name, below];
        return [name, MAP_KEYWORDS.has(name) && isObject(below) ? mapped(below, isUsual) : moved(below, isUsual)];
      }),
    );
  const mapped = (schemas: object, isUsual: boolean): object =>
    Object.fromEntries(
      Object.entries(schemas).map(([name, below]) => [name, moved(below, isUsual && USUAL.test(name))]),
    );
  const moved = (part: unknown, isUsual: boolean): unknown => {
    if (Array.isArray(part)) return part.map(each => moved(each, isUsual));
    if (typeof part !== 'object' || part === null) return part;
    if (!('$id' in part) || typeof part.$id !== 'string' || part.$id.includes('/')) return inside(part, isUsual);
    const known = ids.get(part.$id);
    if (known !== undefined && !isDeepStrictEqual(known.part, part)) return part;
    isNeeded ||= known !== undefined || !isUsual;
    if (known === undefined) {
      // A part of itself with its name is another one, which is an error.
      ids.set(part.$id, { part, moved: undefined });
      ids.set(part.$id, { part, moved: inside(part, true) });
    }
    return { $ref: part.$id };
  };
  const rest = inside(schema, true);
  if (!isNeeded) return schema;
  const found = [...ids.values()].map(({ moved: part }, i) => [`$id${i}`, part]);
  const $defs = '$defs' in rest ? rest.$defs : {};
  return { ...rest, $defs: { ...Object($defs), ...Object.fromEntries(found) } };
}

const USUAL = /^[\w$-]+$/;
