import { isObject } from './json-object.ts';

/** What a schema says of one field of a query, a path or a form. */
export interface TextField {
  /** The types of JSON that a text may become; empty for any. */
  readonly types: readonly string[];
  /** The same for the items of a list. */
  readonly items: readonly string[];
  /** Whether the field, or each of its items, is the content of a file. */
  readonly isFile: boolean;
}

const NO_FIELD: TextField = { types: [], items: [], isFile: false };

const TYPES: ReadonlySet<string> = new Set(['null', 'boolean', 'number', 'string', 'array', 'object']);

/** No real schema refers further; one that refers to itself ends here. */
const MAX_DEPTH = 16;

/**
 * The fields that an object schema names, by name. Conditions (`if`, `not`, `dependentSchemas`) name none, because a
 * field must not be another thing for another value.
 */
export function textFieldsOf(schema: unknown): ReadonlyMap<string, TextField> {
  const fields = new Map<string, TextField>();
  collect(schema, schema, fields, 0);
  return fields;
}

function collect(root: unknown, schema: unknown, fields: Map<string, TextField>, depth: number): void {
  if (!isObject(schema) || depth > MAX_DEPTH) return;
  if (isObject(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties)) {
      fields.set(name, joined(fields.get(name), fieldOf(root, property, 0)));
    }
  }
  for (const each of variantsOf(root, schema)) collect(root, each, fields, depth + 1);
}

function fieldOf(root: unknown, schema: unknown, depth: number): TextField {
  if (!isObject(schema) || depth > MAX_DEPTH) return NO_FIELD;
  const items = fieldOf(root, schema.items, depth + 1);
  const own: TextField = {
    types: typesOf(schema),
    items: items.types,
    isFile: schema.format === 'binary' || items.isFile,
  };
  return variantsOf(root, schema).reduce<TextField>(
    (field, each) => joined(field, fieldOf(root, each, depth + 1)),
    own,
  );
}

function typesOf(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const written = [schema.type].flat().filter(type => typeof type === 'string');
  if (written.length > 0) return written;
  const values = 'const' in schema ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : [];
  return [...new Set(values.map(typeOfValue))].filter(type => TYPES.has(type));
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function variantsOf(root: unknown, schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { $ref, anyOf, oneOf, allOf } = schema;
  const referred = typeof $ref === 'string' ? [target(root, $ref)] : [];
  return [...referred, ...[anyOf, oneOf, allOf].filter(list => Array.isArray(list)).flat()];
}

/** The target of a reference within the schema. */
function target(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined;
  const steps = reference.slice(1).split('/').slice(1);
  return steps.reduce<unknown>((at, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }, root);
}

function joined(a: TextField | undefined, b: TextField): TextField {
  if (a === undefined) return b;
  const union = (one: readonly string[], other: readonly string[]) => [...new Set([...one, ...other])];
  return { types: union(a.types, b.types), items: union(a.items, b.items), isFile: a.isFile || b.isFile };
}
