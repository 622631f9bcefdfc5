import type { LoadedRoute } from '../config/loaded-route.ts';
import { type Operation, type OperationSource, operationOf } from './operation.ts';
import { type PathTemplate, PathTemplates } from './path-templates.ts';
import type { ProjectInfo } from './project-info.ts';
import type { NamedSchemas, SchemaObject } from './schema-object.ts';
import { type SecuritySource, securitySchemes } from './security.ts';

/** The versions of OpenAPI that can be written. */
export const SPEC_VERSIONS = ['3.1.2', '3.2.0'] as const;

export type SpecVersion = (typeof SPEC_VERSIONS)[number];

export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** The methods of a route file without a method in its name. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** The body of every failure (RFC 9457). */
const PROBLEM: SchemaObject = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', description: "The gateway's code of the failure." },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string', description: 'A JSON pointer.' }, detail: { type: 'string' } },
      },
    },
  },
};

/** Every route as OpenAPI: the same document for the same routes, in whatever order they come. */
export function openApiDocument(
  routes: readonly LoadedRoute[],
  { title, version }: ProjectInfo,
  spec: SpecVersion,
  security: SecuritySource = {},
): OpenApiDocument {
  const schemas: NamedSchemas = new Map([['Problem', PROBLEM]]);
  const paths = pathsOf(routes, { schemas, security, hasItems: spec === '3.2.0' });
  const schemes = securitySchemes(security);
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return {
    openapi: spec,
    info: { title, version },
    servers: [{ url: '/' }],
    // Guards are functions, so the document cannot say what they want; operations have what `auth` wants.
    security: [],
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(byKey)),
      responses: { Problem: { description: 'A failure.', content: problem } },
      ...(Object.keys(schemes).length > 0 && { securitySchemes: schemes }),
    },
  };
}

/** The same for every operation. */
type SharedSource = Pick<OperationSource, 'schemas' | 'security' | 'hasItems'>;

function pathsOf(routes: readonly LoadedRoute[], shared: SharedSource): object {
  const paths = new Map<string, Map<string, Operation>>();
  const ids = new Set<string>();
  const templates = new PathTemplates();
  const add = (route: LoadedRoute, method: string, template: PathTemplate): void => {
    const operations = paths.get(template.path) ?? new Map<string, Operation>();
    paths.set(template.path, operations);
    // Of several hosts with the same path, a document has room for one.
    if (operations.has(method)) return;
    const id = unique(operationId(method, template.path), ids);
    operations.set(method, operationOf({ route, method, template, id, ...shared }));
  };
  // A file with a method wins over one without, so it comes first.
  for (const route of routes.toSorted(byFile)) {
    for (const template of templates.of(route)) {
      for (const method of methodsOf(route)) add(route, method, template);
    }
  }
  return Object.fromEntries([...paths].sort(byKey).map(([path, operations]) => [path, inOrderOfMethods(operations)]));
}

function methodsOf({ method, kind }: LoadedRoute): readonly string[] {
  if (method !== undefined) return [method];
  return kind === 'static' || kind === 'redirect' ? ['GET'] : METHODS;
}

function inOrderOfMethods(operations: ReadonlyMap<string, Operation>): object {
  return Object.fromEntries(
    [...operations].sort(byKey).map(([method, operation]) => [method.toLowerCase(), operation]),
  );
}

function byFile(a: LoadedRoute, b: LoadedRoute): number {
  const [isAnyA, isAnyB] = [a.method === undefined, b.method === undefined];
  if (isAnyA !== isAnyB) return isAnyA ? 1 : -1;
  return byKey([a.file, undefined], [b.file, undefined]);
}

// Not by locale: the document must be the same on every computer.
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** `getApiProductsById` for `GET /api/products/{id}`. */
function operationId(method: string, path: string): string {
  const words = path.split('/').flatMap(segment => {
    const name = segment.replace(/^\{(.*)\}$/, '$1');
    const parts = name.split(/[^A-Za-z0-9]+/).filter(part => part !== '');
    return segment.startsWith('{') ? ['by', ...parts] : parts;
  });
  return method.toLowerCase() + words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function unique(id: string, taken: Set<string>): string {
  let name = id;
  for (let i = 2; taken.has(name); i++) name = `${id}${i}`;
  taken.add(name);
  return name;
}
