import { isDeepStrictEqual } from 'node:util';
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
    const target = passed.includes($ref) ? undefined : targetOf($ref, root);
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

const LARGER: ReadonlySet<string> = new Set(['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']);
const SMALLER: ReadonlySet<string> = new Set(['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']);

/** The rules of two schemas that both hold. */
function both(a: FlatSchema, b: FlatSchema): FlatSchema {
  const keywords: Record<string, unknown> = { ...a.keywords };
  const beyond = [...a.beyond, ...b.beyond];
  for (const [name, value] of Object.entries(b.keywords)) {
    const other = keywords[name];
    if (other === undefined || isDeepStrictEqual(other, value)) keywords[name] = value;
    else if (name === 'required') keywords[name] = [...new Set([other, value].flat())];
    else if (name === 'properties') keywords[name] = bothProperties(other, value);
    else if (LARGER.has(name)) keywords[name] = Math.max(Number(other), Number(value));
    else if (SMALLER.has(name)) keywords[name] = Math.min(Number(other), Number(value));
    else if (name === 'type') keywords[name] = [other].flat().filter(type => [value].flat().includes(type));
    else beyond.push(name);
  }
  return { keywords, beyond };
}

function bothProperties(a: unknown, b: unknown): SchemaObject {
  const [first, second] = [isObject(a) ? a : {}, isObject(b) ? b : {}];
  const shared = Object.keys(second).filter(name => Object.hasOwn(first, name));
  return {
    ...first,
    ...second,
    ...Object.fromEntries(shared.map(name => [name, { allOf: [first[name], second[name]] }])),
  };
}

/** By pointer, or by `$id`. */
function targetOf(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return identified(root, reference);
  let value = root;
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

function identified(schema: unknown, id: string): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if ('$id' in schema && schema.$id === id) return schema;
  for (const each of Object.values(schema)) {
    const found = identified(each, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The types that a schema allows; undefined for every type. */
export function typesOf({ type, properties, required, items }: SchemaObject): readonly string[] | undefined {
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type;
  if (properties !== undefined || required !== undefined) return ['object'];
  return items === undefined ? undefined : ['array'];
}
