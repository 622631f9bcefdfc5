/** The keyword that counts how often a reference is followed. */
export const COUNTED = 'x-portico-counted';

/** What stands below these is no schema, whatever it looks like. */
const VALUES: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'required', 'dependentRequired']);
/** Below these stand names that may be anything, and below each of them a schema. */
const NAMES: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/**
 * A schema that counts how often its references are followed, where it refers to itself: in two branches it takes two
 * to the power of the depth. One that does not is done with a value after as many steps as it has itself.
 */
export function withCountedReferences(schema: object): object {
  return refersToItself(schema) ? (counting(schema) as object) : schema;
}

function counting(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(counting);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, below]): [string, unknown] => {
    if (VALUES.has(name)) return [name, below];
    if (!NAMES.has(name) || typeof below !== 'object' || below === null) return [name, counting(below)];
    return [name, Object.fromEntries(Object.entries(below).map(([key, each]) => [key, counting(each)]))];
  });
  const refers = '$ref' in schema || '$dynamicRef' in schema;
  return Object.fromEntries(refers ? [...entries, [COUNTED, true]] : entries);
}

/**
 * Whether following its references may lead back to where it began; what leads anywhere but to a place in the schema is
 * taken to.
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

/** Undefined for a reference by name, or to another document. */
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
