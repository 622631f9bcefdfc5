import { isObject, type JsonObject } from '../config/json-object.ts';
import { MAP_KEYWORDS, VALUE_KEYWORDS } from '../config/subschemas.ts';

/** A JSON Schema 2020-12, which is a Schema Object of OpenAPI 3.1. */
export type SchemaObject = JsonObject;

export { isObject };

/** The schemas of a document by their name in `components`. */
export type NamedSchemas = Map<string, SchemaObject>;

/**
 * A route's schema within a document. A schema that refers to itself becomes a component, because `#` is the whole
 * document here; all others stay where they are.
 * @param name of the component.
 */
export function embedded(schema: unknown, name: string, named: NamedSchemas): SchemaObject {
  const plain: unknown = JSON.parse(JSON.stringify(schema ?? {}));
  if (!isObject(plain)) return {};
  const places = new Map(identified(plain, ''));
  const root = `#/components/schemas/${name}`;
  let refers = false;
  const written = rewritten(plain, reference => {
    const pointer = reference.startsWith('#') ? reference.slice(1) : places.get(reference);
    if (pointer === undefined) return reference;
    refers = true;
    return `${root}${pointer}`;
  });
  if (!refers) return written;
  named.set(name, written);
  return { $ref: root };
}

/**
 * One property of a route's schema. Its references are to the whole schema, so where it has any, the whole becomes the
 * component.
 * @param name of the component.
 */
export function embeddedProperty(whole: unknown, property: string, name: string, named: NamedSchemas): SchemaObject {
  const embeddedWhole = embedded(whole, name, named);
  const root = `#/components/schemas/${name}`;
  const isNamed = embeddedWhole.$ref === root;
  const written = isNamed ? named.get(name) : embeddedWhole;
  const schema = isObject(written?.properties) ? written.properties[property] : undefined;
  if (!isObject(schema)) return {};
  return isNamed && refersIn(schema) ? { $ref: `${root}/properties/${encodeURIComponent(escaped(property))}` } : schema;
}

/** RFC 6901 §6: in a URL the characters of a pointer are percent-encoded. */
function fragmentOf(pointer: string): string {
  return encodeURI(pointer).replaceAll('#', '%23');
}

function refersIn(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  return ('$ref' in schema && typeof schema.$ref === 'string') || Object.values(schema).some(refersIn);
}

/** RFC 6901 §3. */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The JSON pointers, as in a URL, of subschemas by their `$id`, as TypeBox refers to them. */
function* identified(schema: unknown, pointer: string): Generator<readonly [id: string, pointer: string]> {
  if (typeof schema !== 'object' || schema === null) return;
  if (isObject(schema) && typeof schema.$id === 'string') yield [schema.$id, fragmentOf(pointer)];
  for (const [name, member] of Object.entries(schema)) {
    yield* identified(member, `${pointer}/${escaped(name)}`);
  }
}

/** Without `$id`, which would be the base of the references below it, and without what a library keeps for itself. */
function rewritten(schema: Readonly<Record<string, unknown>>, refer: (reference: string) => string): SchemaObject {
  const members = Object.entries(schema).flatMap(([name, member]): (readonly [string, unknown])[] => {
    if (name === '$id' || name === '$schema' || name.startsWith('~')) return [];
    if (name === '$ref' && typeof member === 'string') return [[name, refer(member)]];
    // What an instance looks like is no schema.
    if (VALUE_KEYWORDS.has(name)) return [[name, member]];
    return [[name, MAP_KEYWORDS.has(name) && isObject(member) ? mapped(member, refer) : each(member, refer)]];
  });
  return Object.fromEntries(members);
}

function mapped(schemas: Readonly<Record<string, unknown>>, refer: (reference: string) => string): SchemaObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, each(schema, refer)]));
}

function each(member: unknown, refer: (reference: string) => string): unknown {
  if (Array.isArray(member)) return member.map(item => each(item, refer));
  return isObject(member) ? rewritten(member, refer) : member;
}
