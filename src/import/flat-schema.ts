import { joinedRules } from '../config/joined-rules.ts';
import { referenced } from '../config/referenced.ts';
import { isObject, type SchemaObject } from '../openapi/schema-object.ts';

/** A schema within the one that its references are resolved in. */
export interface RootedSchema {
  readonly schema: unknown;
  readonly root: unknown;
}

/** The keywords of a schema without references, `allOf` and the union with null. */
export interface FlatSchema {
  readonly keywords: SchemaObject;
  /** Keywords that make the schema more than can be compared. */
  readonly beyond: readonly string[];
}

const ANYTHING: FlatSchema = { keywords: {}, beyond: [] };

/** What is said about a value beyond a list of rules that all hold. */
const BEYOND: ReadonlySet<string> = new Set([
  ...['anyOf', 'oneOf', 'not', 'if', 'dependentSchemas', 'dependentRequired', 'patternProperties', 'propertyNames'],
  ...['unevaluatedProperties', 'unevaluatedItems', 'contains', 'prefixItems', '$dynamicRef'],
]);
const IGNORED: ReadonlySet<string> = new Set([
  ...['$id', '$schema', '$defs', 'definitions', '$comment', '$anchor', 'title', 'description', 'default', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly', 'then', 'else', 'minContains', 'maxContains'],
  ...['contentEncoding', 'contentMediaType'],
]);

/** The rules of a schema in one object. */
export function flattened({ schema, root }: RootedSchema): FlatSchema {
  return flat(schema, root, []);
}

function flat(schema: unknown, root: unknown, passed: readonly string[]): FlatSchema {
  if (schema === false) return { keywords: {}, beyond: ['false'] };
  if (!isObject(schema)) return ANYTHING;
  const { $ref, allOf, anyOf, ...rest } = schema;
  const beyond = Object.keys(rest).filter(name => BEYOND.has(name));
  const keywords = Object.entries(rest).filter(
    ([name]) => !BEYOND.has(name) && !IGNORED.has(name) && !/^[x~]-|^~/.test(name),
  );
  const parts: FlatSchema[] = [{ keywords: Object.fromEntries(keywords), beyond }];
  if (typeof $ref === 'string') {
    const target = passed.includes($ref) ? undefined : referenced(root, $ref);
    parts.push(target === undefined ? { keywords: {}, beyond: ['$ref'] } : flat(target, root, [...passed, $ref]));
  }
  if (Array.isArray(allOf)) parts.push(...allOf.map(each => flat(each, root, passed)));
  if (anyOf !== undefined) parts.push(orNull(anyOf, root, passed));
  return parts.reduce(both);
}

/** `anyOf: [schema, { type: 'null' }]` is the schema with one more type. */
function orNull(anyOf: unknown, root: unknown, passed: readonly string[]): FlatSchema {
  const isNull = (each: unknown): boolean => isObject(each) && each.type === 'null';
  const others = Array.isArray(anyOf) ? anyOf.filter(each => !isNull(each)) : [];
  if (!Array.isArray(anyOf) || others.length !== 1) return { keywords: {}, beyond: ['anyOf'] };
  const { keywords, beyond } = flat(others[0], root, passed);
  if (others.length === anyOf.length) return { keywords, beyond };
  const types = typesOf(keywords);
  const { enum: values } = keywords;
  return {
    keywords: {
      ...keywords,
      ...(types !== undefined && { type: [...new Set([...types, 'null'])] }),
      ...(Array.isArray(values) && { enum: [...values, null] }),
    },
    beyond,
  };
}

/** The rules of two schemas that both hold. */
function both(a: FlatSchema, b: FlatSchema): FlatSchema {
  const { rules, conflicts } = joinedRules(a.keywords, b.keywords);
  return { keywords: rules, beyond: [...a.beyond, ...b.beyond, ...conflicts] };
}

/** The types that a schema allows; undefined for every type. */
export function typesOf({ type, properties, required, items }: SchemaObject): readonly string[] | undefined {
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type;
  if (properties !== undefined || required !== undefined) return ['object'];
  return items === undefined ? undefined : ['array'];
}
