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

/** A schema that counts how often its references are followed: one that refers to itself in two branches takes two to the power of the depth. */
export function withCountedReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withCountedReferences);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, below]): [string, unknown] => {
    if (VALUES.has(name)) return [name, below];
    if (!NAMES.has(name) || typeof below !== 'object' || below === null) return [name, withCountedReferences(below)];
    return [name, Object.fromEntries(Object.entries(below).map(([key, each]) => [key, withCountedReferences(each)]))];
  });
  const refers = '$ref' in schema || '$dynamicRef' in schema;
  return Object.fromEntries(refers ? [...entries, [COUNTED, true]] : entries);
}
