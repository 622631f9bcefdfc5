import { MAP_KEYWORDS, VALUE_KEYWORDS } from './subschemas.ts';

/** The keyword that limits how often references are followed. */
export const COUNTED = 'x-portico-counted';

/**
 * Limits how often references are followed in a schema that refers to itself, because two recursive branches take time
 * exponential in the depth. A schema without recursion ends after at most as many steps as it has keywords.
 */
export function withCountedReferences(schema: object): object {
  return refersToItself(schema) ? (counting(schema) as object) : schema;
}

function counting(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(counting);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, below]): [string, unknown] => {
    if (VALUE_KEYWORDS.has(name)) return [name, below];
    if (!MAP_KEYWORDS.has(name) || typeof below !== 'object' || below === null) return [name, counting(below)];
    return [name, Object.fromEntries(Object.entries(below).map(([key, each]) => [key, counting(each)]))];
  });
  const refers = '$ref' in schema || '$dynamicRef' in schema;
  return Object.fromEntries(refers ? [...entries, [COUNTED, true]] : entries);
}

/**
 * Whether following its references may lead back to the start; a reference that is not a local pointer counts as
 * recursive.
 */
function refersToItself(schema: object): boolean {
  const done = new Set<string>();
  const leadsBack = (pointer: string, way: readonly string[]): boolean => {
    if (way.some(each => each === pointer || isInside(pointer, each) || isInside(each, pointer))) return true;
    if (done.has(pointer)) return false;
    done.add(pointer);
    const target = targetOf(schema, pointer);
    return target === undefined || referencesIn(target).some(next => leadsBack(next, [...way, pointer]));
  };
  return referencesIn(schema).some(pointer => pointer === '#' || leadsBack(pointer, []));
}

function isInside(pointer: string, outer: string): boolean {
  return pointer.startsWith(`${outer}/`);
}

/** Undefined for a reference by name or to another document. */
function targetOf(schema: object, pointer: string): unknown {
  if (!pointer.startsWith('#/') || /%(?![\da-f]{2})/i.test(pointer)) return undefined;
  let target: unknown = schema;
  for (const step of pointer.slice(2).split('/')) {
    if (typeof target !== 'object' || target === null) return undefined;
    target = Reflect.get(target, decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  return target;
}

function referencesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, below]) => {
    if (name === '$dynamicRef') return ['#'];
    return name === '$ref' && typeof below === 'string' ? [below] : referencesIn(below);
  });
}
