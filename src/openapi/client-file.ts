import { clientSource } from './client-source.ts';
import { isObject } from './schema-object.ts';
import { resolved, TypeWriter } from './typescript.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** A client of the document's routes in one TypeScript file that imports nothing. */
export async function clientFile(document: unknown): Promise<string> {
  const writer = new TypeWriter(document);
  const members = contracts(document, writer).sort();
  return `${[
    '// Written by `portico client`. Do not edit: the next run replaces it.',
    `// biome-ignore-all lint: written by a program.\n/* eslint-disable */`,
    ['export interface AppRoutes {', ...members, '}'].join('\n'),
    ...(writer.declarations.length === 0 ? [] : [writer.declarations.join('\n')]),
    await clientSource(),
  ].join('\n\n')}\n`;
}

function contracts(document: unknown, writer: TypeWriter): string[] {
  const paths = isObject(document) && isObject(document.paths) ? document.paths : {};
  return Object.entries(paths).flatMap(([path, item]) => {
    const operations = isObject(item) ? item : {};
    return METHODS.flatMap(method => {
      const operation = operations[method];
      if (!isObject(operation)) return [];
      const parameters = [operations.parameters, operation.parameters].flatMap(list =>
        Array.isArray(list) ? list : [],
      );
      return [contract({ document, writer, method, path, operation, parameters })];
    });
  });
}

interface Source {
  readonly document: unknown;
  readonly writer: TypeWriter;
  readonly method: string;
  readonly path: string;
  readonly operation: Readonly<Record<string, unknown>>;
  readonly parameters: readonly unknown[];
}

function contract(source: Source): string {
  const { method, writer, operation } = source;
  const address = addressOf(source);
  const key = `${method.toUpperCase()} ${address}`;
  const body = content(source, operation.requestBody);
  const types = [
    `params: ${group(source, 'path') ?? 'Record<never, never>'}`,
    `query: ${group(source, 'query') ?? 'unknown'}`,
    `body: ${body === undefined ? 'unknown' : writer.typeOf(body)}`,
    `response: ${responseType(source)}`,
    ...linesOf(source).map(type => `lines: ${type}`),
  ];
  return `  ${JSON.stringify(key)}: { ${types.join('; ')} };`;
}

/** In the notation of route files; documents of the gateway have it where it differs from the template. */
function addressOf({ path, operation }: Source): string {
  const own = operation['x-portico-path'];
  return typeof own === 'string' ? own : path.replaceAll(/\{([^}]*)\}/g, '[$1]');
}

/** The parameters of one place as an object; undefined if there are none. */
function group(source: Source, place: string): string | undefined {
  const { document, writer, parameters } = source;
  const members = parameters
    .map(each => dereferenced(document, each))
    .flatMap(parameter => {
      if (!isObject(parameter) || parameter.in !== place || typeof parameter.name !== 'string') return [];
      const name = JSON.stringify(parameter.name);
      const isRest = place === 'path' && addressOf(source).includes(`[...${parameter.name}]`);
      const type = isRest ? 'string[]' : writer.typeOf(parameter.schema);
      return [`${name}${parameter.required === true ? '' : '?'}: ${type}`];
    });
  return members.length === 0 ? undefined : `{ ${members.join('; ')} }`;
}

/** The schema of JSON content; undefined if there is none. */
function content({ document }: Source, holder: unknown): unknown {
  const held = dereferenced(document, holder);
  const types = isObject(held) && isObject(held.content) ? held.content : {};
  const json = Object.entries(types).find(([type]) => /^application\/(?:[\w.+-]+\+)?json\b/i.test(type))?.[1];
  return isObject(json) ? json.schema : undefined;
}

/** The lines of a streamed response, of which a document before OpenAPI 3.2 describes one. */
function linesOf({ document, writer, operation: { responses } }: Source): readonly string[] {
  const response = isObject(responses) ? dereferenced(document, responses[200]) : undefined;
  const types = isObject(response) && isObject(response.content) ? response.content : {};
  const lines = types['application/x-ndjson'];
  return isObject(lines) ? [writer.typeOf(lines.itemSchema ?? lines.schema)] : [];
}

/** Of the successful responses; one without content is undefined. */
function responseType(source: Source): string {
  const { responses } = source.operation;
  const successes = Object.entries(isObject(responses) ? responses : {}).filter(([status]) => /^2/.test(status));
  const types = successes.map(([status, response]) => {
    if (status === '204' || status === '205') return 'undefined';
    const schema = content(source, response);
    return schema === undefined ? 'unknown' : source.writer.typeOf(schema);
  });
  return types.length === 0 || types.includes('unknown') ? 'unknown' : [...new Set(types)].join(' | ');
}

function dereferenced(document: unknown, value: unknown): unknown {
  return isObject(value) && typeof value.$ref === 'string' ? resolved(document, value.$ref) : value;
}
