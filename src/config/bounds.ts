/** The keywords with a maximum. They are checked before any keyword whose cost grows with the value. */
const BOUNDS: ReadonlySet<string> = new Set(['maxLength', 'maxItems', 'maxProperties']);
/**
 * Keywords that always lead from one schema to another. A maximum below `anyOf` or `if` may not apply, so those are not
 * followed.
 */
const REFERENCES: ReadonlySet<string> = new Set(['$ref', '$id', '$anchor', '$dynamicRef', '$dynamicAnchor']);
const SCHEMAS: ReadonlySet<string> = new Set(['items', 'additionalProperties']);
const LISTS: ReadonlySet<string> = new Set(['allOf', 'prefixItems']);
const MAPS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);

type Json = Readonly<Record<string, unknown>>;

/** The maximums of a JSON Schema and the path to them; undefined for a schema without any. */
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
      // Additional properties depend on the patterns, which may be slow.
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
