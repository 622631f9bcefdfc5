import { hasFiles } from '../config/body-check.ts';
import { checkedCsrf, isReadByPages } from '../config/csrf.ts';
import type { LoadedRoute } from '../config/loaded-route.ts';
import { describedSchema } from '../config/standard-schema.ts';
import type { PathParam, PathTemplate } from './path-templates.ts';
import { embedded, embeddedProperty, isObject, type NamedSchemas, type SchemaObject } from './schema-object.ts';
import { type SecuritySource, securityOf } from './security.ts';
import { streamedResponse } from './streamed-response.ts';

/** An Operation Object (OpenAPI 3.1 §4.8.10). */
export type Operation = Readonly<Record<string, unknown>>;

/** What an operation is written from. */
export interface OperationSource {
  readonly route: LoadedRoute;
  readonly method: string;
  readonly template: PathTemplate;
  /** Unique in the document. */
  readonly id: string;
  readonly schemas: NamedSchemas;
  readonly security: SecuritySource;
  /** Whether the document can describe each item of a sequence. */
  readonly hasItems: boolean;
}

const PROBLEM = { $ref: '#/components/responses/Problem' };
/** Without a schema, a body or a response is of any type. */
const ANYTHING = { '*/*': {} };

export function operationOf(source: OperationSource): Operation {
  const { route, method, template, id } = source;
  const parameters = [...template.params.map(param => pathParameter(source, param)), ...queryParameters(source)];
  const requestBody = requestBodyOf(source);
  const security = securityOf(route.definition.authRules, source.security);
  return {
    operationId: id,
    summary: `${method} ${template.path}`,
    ...(template.params.some(isRest) && { 'x-portico-path': withRest(template) }),
    ...(route.hosts.length > 0 && { servers: route.hosts.map(host => ({ url: `https://${host}` })) }),
    ...(security !== undefined && { security }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody !== undefined && { requestBody }),
    responses: responsesOf(source),
  };
}

const isRest = ({ segment }: PathParam): boolean => segment.kind === 'rest';

/** The path in the notation of route files, because a template cannot say that a param takes several segments. */
function withRest({ path, params }: PathTemplate): string {
  const rest = new Set(params.filter(isRest).map(({ name }) => name));
  return path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => (rest.has(name) ? `[...${name}]` : `[${name}]`));
}

function pathParameter({ route, id, schemas }: OperationSource, { name, param, segment }: PathParam) {
  const params = describedSchema(route.definition.params, 'input');
  const isDeclared = segment.kind !== 'rest' && propertiesOf(params).has(param);
  const words = [
    segment.kind === 'rest' ? 'One or more segments of the path.' : '',
    segment.kind === 'param' && segment.matcher !== undefined ? `Only where it is ${segment.matcher.name}.` : '',
  ].filter(text => text !== '');
  return {
    name,
    in: 'path',
    required: true,
    ...(words.length > 0 && { description: words.join(' ') }),
    schema: isDeclared ? embeddedProperty(params, param, `${id}.params`, schemas) : { type: 'string' },
  };
}

function queryParameters({ route, id, schemas }: OperationSource): readonly object[] {
  const query = describedSchema(route.definition.query, 'input');
  if (query === undefined) return [];
  const properties = propertiesOf(query);
  const required = isObject(query) && Array.isArray(query.required) ? query.required : [];
  if (properties.size === 0) return anyQuery(query, `${id}.query`, schemas);
  return [...properties.keys()].map(name => ({
    name,
    in: 'query',
    ...(required.includes(name) && { required: true }),
    schema: embeddedProperty(query, name, `${id}.query`, schemas),
  }));
}

/** A schema that names no parameters, like a union, describes the query as a whole. */
function anyQuery(query: unknown, name: string, schemas: NamedSchemas): readonly object[] {
  const schema = embedded(query, name, schemas);
  return Object.keys(schema).length === 0 ? [] : [{ name: 'query', in: 'query', style: 'form', explode: true, schema }];
}

function propertiesOf(schema: unknown): ReadonlyMap<string, SchemaObject> {
  const properties = isObject(schema) && isObject(schema.properties) ? schema.properties : {};
  return new Map(Object.entries(properties).filter((entry): entry is [string, SchemaObject] => isObject(entry[1])));
}

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE']);

function requestBodyOf({ route, method, id, schemas }: OperationSource): object | undefined {
  const { kind, definition } = route;
  if (definition.body !== undefined) {
    const schema = embedded(describedSchema(definition.body, 'input'), `${id}.body`, schemas);
    const type = hasFiles(definition.body) ? 'multipart/form-data' : 'application/json';
    return { required: true, content: { [type]: { schema } } };
  }
  return kind === 'proxy' && !WITHOUT_BODY.has(method) ? { content: ANYTHING } : undefined;
}

function responsesOf(source: OperationSource): object {
  const { route, method } = source;
  const { params, query, body, guard, csrf, allowLists, rateLimit, authRules } = route.definition;
  const refusals = new Set([
    ...(params === undefined && query === undefined ? [] : ['400']),
    ...((Array.isArray(guard) ? guard : [guard]).some(each => typeof each === 'function') ? ['401', '403'] : []),
    ...(authRules?.required === true ? ['401'] : []),
    ...(authRules !== undefined && authRules.rules.length > 0 ? ['403'] : []),
    ...(checkedCsrf(csrf) === undefined || isReadByPages(method) ? [] : ['403']),
    ...(allowLists === undefined ? [] : ['403']),
    ...(body === undefined ? [] : ['415', '422']),
    ...(Object.values(rateLimit || {}).some(limit => limit !== false) ? ['429'] : []),
  ]);
  return {
    ...success(source),
    ...Object.fromEntries([...refusals].sort().map(status => [status, PROBLEM])),
    default: PROBLEM,
  };
}

function success(source: OperationSource): object {
  const { route, id, schemas } = source;
  const { kind, definition } = route;
  if (definition.stream === true) return { 200: streamedResponse(source) };
  if (kind === 'redirect') {
    const { redirect } = definition;
    const status = typeof redirect === 'object' ? (redirect.status ?? 307) : 307;
    const headers = { Location: { schema: { type: 'string', format: 'uri-reference' } } };
    return { [status]: { description: 'The address to go to.', headers } };
  }
  const { response } = definition;
  const schema = response === undefined ? {} : embedded(describedSchema(response, 'output'), `${id}.response`, schemas);
  const content = Object.keys(schema).length === 0 ? ANYTHING : { 'application/json': { schema } };
  return { 200: { description: 'The response.', content } };
}
