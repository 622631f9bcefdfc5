/** What a value may have at most: looked at before anything whose work grows with it. */
const BOUNDS: ReadonlySet<string> = new Set(['maxLength', 'maxItems', 'maxProperties']);
/** What leads from one schema to another in any case: what stands below `anyOf` or `if` bounds nothing for certain. */
const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$id', '$anchor', '$dynamicRef', '$dynamicAnchor']);
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'additionalProperties']);
const LISTS: ReadonlySet<string> = new Set(['allOf', 'prefixItems']);
const MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);

type Json = Readonly<Record<string, unknown>>;

/** The bounds of a JSON Schema and the way to them, and nothing else; undefined where it has none. */
export function boundsOf(schema: object): Json | undefined {
  let found = false;
  const bounds = (value: unknown): unknown => {
    if (!isJson(value)) return true;
    const kept = Object.entries(value).flatMap(([name, below]): [string, unknown][] => {
      if (BOUNDS.has(name)) {
        found = true;
        return [[name, below]];
      }
      if (REFERENCES.has(name)) return [[name, below]];
      // What is additional depends on the patterns, and those may take long.
      if (name === 'additionalProperties' && 'patternProperties' in value) return [];
      if (SCHEMAS.has(name)) return [[name, bounds(below)]];
      if (LISTS.has(name) && Array.isArray(below)) return [[name, below.map(bounds)]];
      if (MAPS.has(name) && isJson(below)) return [[name, mapped(below, bounds)]];
      return [];
    });
    return Object.fromEntries(kept);
  };
  const result = bounds(schema);
  return found && isJson(result) ? result : undefined;
}

function mapped(schemas: Json, change: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, change(schema)]));
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
