import { pointerBelow } from '../config/verdict.ts';
import { isObject, type SchemaObject } from '../openapi/schema-object.ts';
import type { ImportReport } from './import-report.ts';
import type { SourceDocument } from './read-document.ts';
import type { Placed, References } from './references.ts';

/** A parameter of an operation. */
export interface DocumentedParam {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required: boolean;
  /** Undefined where a schema of a route cannot describe the text that is sent. */
  readonly schema: Placed | undefined;
  readonly pointer: string;
}

/** The schema of a response, with an example that stands beside it. */
interface DocumentedResponse extends Placed {
  readonly example: unknown;
}

/** An operation of a backend, as its document has it. */
export interface DocumentedOperation {
  readonly pointer: string;
  /** In lower case. */
  readonly method: string;
  /** `/products/{id}`. */
  readonly path: string;
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly deprecated: boolean;
  readonly params: readonly DocumentedParam[];
  /** The schema of a body that a route can read: JSON, or a form without files. */
  readonly body: Placed | undefined;
  /** The schemas of the successful responses in JSON. */
  readonly responses: readonly DocumentedResponse[];
}

const METHODS: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch']);
/** OpenAPI 3.0 §4.7.9 has `trace`, 3.2 also `query` and any other. */
const OTHERS: ReadonlySet<string> = new Set(['trace', 'query', 'additionalOperations']);

export interface DocumentReading {
  readonly document: SourceDocument;
  readonly references: References;
  readonly report: ImportReport;
}

/** Every operation of a document. What is wrong or cannot be said in a route goes into the report. */
export function operationsOf(reading: DocumentReading): readonly DocumentedOperation[] {
  const { document, references, report } = reading;
  const { paths } = document.root;
  return Object.entries(isObject(paths) ? paths : {}).flatMap(([path, written]): DocumentedOperation[] => {
    const pointer = pointerBelow('/paths', path);
    if (path.startsWith('x-')) return [];
    const item = references.object(written, pointer);
    if (item === undefined) {
      if (!isObject(written)) report.mistake(pointer, 'a path is an object', 'write its operations by method');
      return [];
    }
    noteServers(item, report);
    return Object.entries(item.value).flatMap(([method, operation]) => {
      const at = pointerBelow(item.pointer, method);
      if (!METHODS.has(method)) return [];
      if (isObject(operation)) return [operationOf(reading, path, method, item, { pointer: at, value: operation })];
      report.mistake(at, 'an operation is an object', 'write at least its "responses"');
      return [];
    });
  });
}

/** Operations for which no route file can be written. */
export function reportOtherMethods({ document, references, report }: DocumentReading): void {
  const { paths } = document.root;
  for (const [path, written] of Object.entries(isObject(paths) ? paths : {})) {
    const item = path.startsWith('x-') ? undefined : references.object(written, pointerBelow('/paths', path));
    for (const method of Object.keys(item?.value ?? {}).filter(name => OTHERS.has(name))) {
      const remedy = 'remove it from the document, or import without it and write that route by hand';
      const message = `no route file can have the method ${method.toUpperCase()}`;
      report.mistake(pointerBelow(item?.pointer ?? '', method), message, remedy);
    }
  }
}

function operationOf(
  reading: DocumentReading,
  path: string,
  method: string,
  item: Placed<SchemaObject>,
  { pointer, value }: Placed<SchemaObject>,
): DocumentedOperation {
  noteServers({ pointer, value }, reading.report);
  return {
    pointer,
    method,
    path,
    summary: textOf(value.summary),
    description: textOf(value.description),
    deprecated: value.deprecated === true,
    params: paramsOf(reading, item, { pointer, value }),
    body: bodyOf(reading, method, { pointer, value }),
    responses: responsesOf(reading, { pointer, value }),
  };
}

function noteServers({ pointer, value }: Placed<SchemaObject>, report: ImportReport): void {
  if (!Array.isArray(value.servers)) return;
  report.note(pointerBelow(pointer, 'servers'), 'the route calls the targets of the service, not these servers');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Those of the path, replaced by those of the operation (OpenAPI 3.1 §4.8.10). */
function paramsOf(
  reading: DocumentReading,
  item: Placed<SchemaObject>,
  operation: Placed<SchemaObject>,
): readonly DocumentedParam[] {
  const named = new Map<string, DocumentedParam>();
  for (const { pointer, value } of [item, operation]) {
    for (const [i, written] of (Array.isArray(value.parameters) ? value.parameters : []).entries()) {
      const param = paramOf(reading, written, `${pointer}/parameters/${i}`);
      if (param !== undefined) named.set(`${param.in} ${param.name}`, param);
    }
  }
  return [...named.values()];
}

function paramOf(reading: DocumentReading, written: unknown, at: string): DocumentedParam | undefined {
  const { references, report } = reading;
  const found = references.object(written, at);
  if (found === undefined) return undefined;
  const { pointer, value } = found;
  const { name, in: place } = value;
  if (place === 'querystring') report.note(pointer, 'a query of this form has no schema in the route');
  if (typeof name === 'string' && (place === 'path' || place === 'query' || place === 'header' || place === 'cookie')) {
    const required = place === 'path' || value.required === true;
    return { name, in: place, required, pointer, schema: paramSchema(reading, found, place) };
  }
  if (place !== 'querystring') report.mistake(pointer, 'a parameter has "name" and "in"', 'add both');
  return undefined;
}

function paramSchema(
  { references, report }: DocumentReading,
  { pointer, value }: Placed<SchemaObject>,
  place: string,
): Placed | undefined {
  if (value.schema === undefined) {
    if (value.content !== undefined) report.note(pointer, 'its text is not checked: it has a format of its own');
    return undefined;
  }
  const schema = { pointer: pointerBelow(pointer, 'schema'), value: value.schema };
  if (place !== 'path' && place !== 'query') return schema;
  const types = [references.object(schema.value, schema.pointer)?.value.type].flat();
  const isPlainList = place === 'query' && (value.style ?? 'form') === 'form' && value.explode !== false;
  if (!types.includes('object') && (!types.includes('array') || isPlainList)) return schema;
  report.note(pointer, 'its text is not checked: a list or an object in one text has no schema in the route');
  return undefined;
}

/** RFC 9110 §9.3.1: content in a read has no meaning. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['get', 'head', 'options']);

function bodyOf(reading: DocumentReading, method: string, operation: Placed<SchemaObject>): Placed | undefined {
  const { references, report } = reading;
  const at = pointerBelow(operation.pointer, 'requestBody');
  const body = references.object(operation.value.requestBody, at);
  if (body === undefined) return undefined;
  if (WITHOUT_BODY.has(method)) {
    report.note(at, `a body of ${method.toUpperCase()} has no meaning, and the route takes none`);
    return undefined;
  }
  const content = contentOf(body);
  const found = content.find(isJson) ?? content.find(isForm);
  if (found === undefined) return undefined;
  if (hasFiles(reading, found)) {
    report.note(found.pointer, 'an upload is not checked by the route, so that it streams to the backend');
    return undefined;
  }
  if (body.value.required !== true) report.note(at, 'the route requires this body, which the document leaves optional');
  return schemaOf(found);
}

/** The media types of a body or a response. */
function contentOf({
  pointer,
  value,
}: Placed<SchemaObject>): readonly (Placed<SchemaObject> & { readonly type: string })[] {
  const { content } = value;
  const at = pointerBelow(pointer, 'content');
  return Object.entries(isObject(content) ? content : {}).flatMap(([type, media]) =>
    isObject(media) ? [{ type: type.toLowerCase(), pointer: pointerBelow(at, type), value: media }] : [],
  );
}

function isJson({ type }: { readonly type: string }): boolean {
  return /^application\/(?:[^;]+\+)?json *(?:;|$)/.test(type);
}

function isForm({ type }: { readonly type: string }): boolean {
  return /^(?:application\/x-www-form-urlencoded|multipart\/form-data) *(?:;|$)/.test(type);
}

function schemaOf({ pointer, value }: Placed<SchemaObject>): Placed | undefined {
  return value.schema === undefined ? undefined : { pointer: pointerBelow(pointer, 'schema'), value: value.schema };
}

/** In 3.1 a file is what has a content media type, or a field without any type (§4.8.15.4). */
function hasFiles({ references }: DocumentReading, media: Placed<SchemaObject> & { readonly type: string }): boolean {
  if (!media.type.startsWith('multipart/')) return false;
  const schema = references.object(media.value.schema, pointerBelow(media.pointer, 'schema'));
  const properties = isObject(schema?.value.properties) ? schema.value.properties : {};
  return Object.values(properties).some(property => isFile(references, property, media.pointer));
}

function isFile(references: References, property: unknown, pointer: string): boolean {
  const field = references.object(property, pointer)?.value;
  const item = references.object(field?.items, pointer)?.value;
  return [field, item].some(each => each?.format === 'binary' || each?.contentMediaType !== undefined);
}

function responsesOf({ references }: DocumentReading, operation: Placed<SchemaObject>): readonly DocumentedResponse[] {
  const { responses } = operation.value;
  const at = pointerBelow(operation.pointer, 'responses');
  const successful = Object.entries(isObject(responses) ? responses : {}).filter(([status]) =>
    /^2(\d\d|XX)$/i.test(status),
  );
  return successful.flatMap(([status, written]) => {
    const response = references.object(written, pointerBelow(at, status));
    const media = response === undefined ? undefined : contentOf(response).find(isJson);
    if (media === undefined) return [];
    const schema = schemaOf(media);
    return schema === undefined ? [] : [{ ...schema, example: exampleOf(references, media) }];
  });
}

/** OpenAPI 3.1 §4.8.14: one `example`, or several by their names. */
function exampleOf(references: References, media: Placed<SchemaObject>): unknown {
  const { example, examples } = media.value;
  if (example !== undefined || !isObject(examples)) return example;
  const [first] = Object.values(examples);
  return references.object(first, pointerBelow(media.pointer, 'examples'))?.value.value;
}
