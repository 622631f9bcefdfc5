/** Keywords whose values are not schemas, even if they look like schemas. `example` is a word of OpenAPI. */
export const VALUE_KEYWORDS: ReadonlySet<string> = new Set([
  'const',
  'enum',
  'default',
  'example',
  'examples',
  'required',
  'dependentRequired',
]);

/** Keywords whose values map arbitrary names to schemas. */
export const MAP_KEYWORDS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
]);
