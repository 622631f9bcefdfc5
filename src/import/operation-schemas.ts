import { type Converted, type ConvertedObject, isMembers, SchemaReference } from './converted-schema.ts';
import type { DocumentedOperation, DocumentedParam } from './operations.ts';
import type { SchemaUnits } from './schema-units.ts';

/** The schemas of an operation's route; undefined for what it does not declare. */
export interface OperationSchemas {
  readonly params: ConvertedObject | undefined;
  readonly query: ConvertedObject | undefined;
  readonly body: Converted | undefined;
  readonly response: Converted | undefined;
}

/** @param names the route's names of the params in the path. */
export function schemasOf(
  { params, body, responses }: DocumentedOperation,
  units: SchemaUnits,
  names: ReadonlyMap<string, string>,
): OperationSchemas {
  const inPath = [...names].map(([name, own]) => {
    const param = params.find(each => each.in === 'path' && each.name === name);
    return { name: own, required: true, schema: param === undefined ? TEXT : schemaOfParam(param, units, TEXT) };
  });
  const inQuery = params
    .filter(param => param.in === 'query' && isSent(param))
    .map(param => ({ name: param.name, required: param.required, schema: schemaOfParam(param, units, {}) }));
  const returned = responses.map(response => withExample(units.convert(response, 'response'), response.example));
  return {
    params: inPath.every(({ schema }) => isAnyText(schema)) ? undefined : objectOf(inPath),
    query: inQuery.length === 0 ? undefined : objectOf(inQuery),
    body: body && units.convert(body, 'request'),
    response: oneOf(returned),
  };
}

/** An example beside a schema, in the schema. */
function withExample(schema: Converted, example: unknown): Converted {
  if (example === undefined) return schema;
  const examples: Converted = [example as Converted];
  if (schema instanceof SchemaReference) return new SchemaReference(schema.target, { examples, ...schema.beside });
  return isMembers(schema) ? { ...schema, examples } : schema;
}

const TEXT: ConvertedObject = { type: 'string' };

/** Of other params only the text is unknown; an object is sent under the names of its members instead. */
function isSent({ schema, required }: DocumentedParam): boolean {
  return schema !== undefined || required;
}

function schemaOfParam({ schema }: DocumentedParam, units: SchemaUnits, other: Converted): Converted {
  return schema === undefined ? other : units.convert(schema, 'request');
}

/** Every param is such a text. */
function isAnyText(schema: Converted): boolean {
  if (!isMembers(schema) || schema.type !== 'string') return false;
  return Object.keys(schema).every(keyword => NO_RULES.has(keyword));
}

const NO_RULES: ReadonlySet<string> = new Set(['type', 'title', 'description', 'examples', 'x-format', 'x-pattern']);

interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Converted;
}

function objectOf(fields: readonly Field[]): ConvertedObject {
  const required = fields.filter(field => field.required).map(({ name }) => name);
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
  };
}

/** Several successful responses are one schema, of any of them. */
function oneOf(schemas: readonly Converted[]): Converted | undefined {
  const texts = new Set<string>();
  const different = schemas.filter(schema => {
    const text = JSON.stringify(schema);
    const isNew = !texts.has(text);
    texts.add(text);
    return isNew;
  });
  const [only] = different;
  return different.length <= 1 ? only : { anyOf: different };
}
