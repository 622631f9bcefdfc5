import type { LoadedPart, LoadedRoute } from '../config/loaded-route.ts';
import { describedSchema } from '../config/standard-schema.ts';
import { embedded, type NamedSchemas, type SchemaObject } from './schema-object.ts';

export interface StreamSource {
  readonly route: LoadedRoute;
  /** Of the operation. */
  readonly id: string;
  readonly schemas: NamedSchemas;
  /** Whether the document has a word for each item of a sequence, as OpenAPI has since 3.2 (§4.14.3). */
  readonly hasItems: boolean;
}

/** The response of a streamed aggregate: its line is a component. */
export function streamedResponse({ route, id, schemas, hasItems }: StreamSource): object {
  schemas.set(`${id}.line`, lineSchema(Object.entries(route.definition.aggregate ?? {}), id, schemas));
  const line = { $ref: `#/components/schemas/${id}.line` };
  const data = { type: 'string', contentMediaType: 'application/json', contentSchema: line };
  const event = { type: 'object', required: ['data'], properties: { data } };
  return {
    description: 'A line for each part as soon as it is there, and a last one that says whether all are.',
    content: hasItems
      ? { 'application/x-ndjson': { itemSchema: line }, 'text/event-stream': { itemSchema: event } }
      : { 'application/x-ndjson': { schema: line }, 'text/event-stream': { schema: { type: 'string' } } },
  };
}

function lineSchema(parts: readonly (readonly [string, LoadedPart])[], id: string, schemas: NamedSchemas) {
  const lines = parts.flatMap(([name, part], i) => {
    const value = embedded(describedSchema(part.response, 'output'), `${id}.part${i}`, schemas);
    return part.each === undefined ? linesOf(name, part, value) : [itemsLine(name, part, value)];
  });
  const error = object({ code: { type: 'string' }, status: { type: 'integer' } });
  return {
    description: 'One line of the response.',
    anyOf: [
      ...lines,
      object({ part: { enum: parts.map(([name]) => name) }, error }),
      object({ done: { type: 'boolean' } }),
    ],
  };
}

function linesOf(name: string, part: LoadedPart, value: SchemaObject): readonly SchemaObject[] {
  const valueLine = object({ part: { const: name }, value }, fallbackOf(part));
  return part.optional === true
    ? [valueLine, object({ part: { const: name }, absent: { type: 'string' } })]
    : [valueLine];
}

/** Items by their ids, in the order of the ids. */
function itemsLine(name: string, part: LoadedPart, item: SchemaObject): SchemaObject {
  const pair = { type: 'array', prefixItems: [{ type: ['string', 'number'] }, item], items: false, minItems: 2 };
  const absent = part.optional === true ? { absent: { type: 'string' } } : {};
  return object({ part: { const: name }, value: { type: 'array', items: pair } }, { ...fallbackOf(part), ...absent });
}

function fallbackOf({ fallback = false }: LoadedPart): SchemaObject {
  return fallback === false ? {} : { fallback: { const: true } };
}

function object(needed: SchemaObject, others: SchemaObject = {}): SchemaObject {
  return { type: 'object', required: Object.keys(needed), properties: { ...needed, ...others } };
}
