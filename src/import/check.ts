import { patternParams } from '../config/path-pattern.ts';
import { describedSchema } from '../config/standard-schema.ts';
import { loadDefinitions } from '../config-loader/load.ts';
import { isObject, type SchemaObject } from '../openapi/schema-object.ts';
import { type CallingRoute, calledServices, callingRoutes } from './calling-routes.ts';
import { compareSchemas, type SchemaDifference } from './compare-schemas.ts';
import type { RootedSchema } from './flat-schema.ts';
import { mapSchemas, type RouteSchemas } from './operation-code.ts';
import { schemasOf } from './operation-schemas.ts';
import { type DocumentedOperation, operationsOf } from './operations.ts';
import { readingOf } from './plan.ts';
import { SchemaCode } from './schema-code.ts';
import { SchemaUnits } from './schema-units.ts';

/** A route that a document breaks. */
interface SpecBreak {
  readonly file: string;
  /** The part of an aggregate. */
  readonly part?: string;
  readonly message: string;
  readonly remedy: string;
}

/** What cannot be compared. */
interface SpecGap {
  readonly file: string;
  readonly part?: string;
  readonly message: string;
}

export interface ImportCheck {
  readonly breaks: readonly SpecBreak[];
  readonly unknown: readonly SpecGap[];
  /** The number of routes and parts that call the service. */
  readonly routes: number;
}

/** Compares the routes that call a service with the document of its backend, and writes nothing. */
export async function checkImport({
  from,
  dir,
  service,
}: {
  readonly from: string;
  readonly dir: string;
  readonly service: string;
}): Promise<ImportCheck> {
  const reading = await readingOf(from);
  const operations = operationsOf(reading);
  const units = new SchemaUnits(reading);
  const { routes } = await loadDefinitions(dir);
  const callers = callingRoutes(routes, service);
  if (callers.length === 0) {
    const names = calledServices(routes).join(', ') || 'none';
    reading.report.mistake('', `no route calls ${service}; called are ${names}`, 'name the service with --as');
  }
  const matches = callers.map(caller => ({ caller, operation: operationFor(caller, operations) }));
  const planned = matches.map(({ caller, operation }) => ({
    caller,
    operation,
    schemas: operation && schemasOf(operation, units, paramNames(caller, operation)),
  }));
  reading.report.end(from);
  const code = new SchemaCode(units, service);
  const findings = planned.flatMap(({ caller, operation, schemas }) => {
    if (caller.path === undefined) return [gap(caller, 'its call is made by a function or has several readings')];
    if (operation === undefined || schemas === undefined) return [gone(caller, operations)];
    return findingsOf(
      caller,
      operation,
      mapSchemas(schemas, schema => code.valueOf(code.code(schema))),
    );
  });
  return {
    breaks: findings.filter(finding => 'remedy' in finding),
    unknown: findings.filter((finding): finding is SpecGap => !('remedy' in finding)),
    routes: callers.length,
  };
}

type Finding = SpecBreak | SpecGap;

function placeOf({ route, part }: CallingRoute): { readonly file: string; readonly part?: string } {
  return { file: route.file, ...(part !== undefined && { part: part.name }) };
}

function gap(caller: CallingRoute, message: string): SpecGap {
  return { ...placeOf(caller), message: `cannot be compared: ${message}` };
}

/** The names in a path do not matter, nor which characters are percent-encoded without need. */
function shapeOf(path: string): string {
  const shape = path.replaceAll(/\{[^{}]*\}|\[[^[\]]*\]/g, '{}');
  try {
    return decodeURI(shape);
  } catch {
    return shape;
  }
}

function operationFor(caller: CallingRoute, operations: readonly DocumentedOperation[]) {
  const { path, method } = caller;
  if (path === undefined) return undefined;
  return operations.find(each => shapeOf(each.path) === shapeOf(path) && each.method === method);
}

function gone(caller: CallingRoute, operations: readonly DocumentedOperation[]): Finding {
  const { path = '', method } = caller;
  const others = operations.filter(each => shapeOf(each.path) === shapeOf(path));
  const documentPath = path.replaceAll('[', '{').replaceAll(']', '}');
  const known = others.map(each => each.method.toUpperCase()).join(', ');
  if (method === undefined && others.length > 0) return gap(caller, `the route has every method, the backend ${known}`);
  const message =
    others.length > 0
      ? `the backend has no ${method?.toUpperCase()} ${documentPath} any more; it has ${known}`
      : `the backend has no ${documentPath} any more`;
  return { ...placeOf(caller), message, remedy: 'remove the route, or call what has replaced it' };
}

/** The names of params in the document, with those of the route at the same places. */
function paramNames({ path = '' }: CallingRoute, operation: DocumentedOperation): ReadonlyMap<string, string> {
  const own = patternParams(path);
  const names = [...operation.path.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
  return new Map(names.map((name, i) => [name, own[i] ?? name]));
}

function findingsOf(
  caller: CallingRoute,
  operation: DocumentedOperation,
  schemas: RouteSchemas<unknown>,
): readonly Finding[] {
  const { part, response } = caller;
  return [
    ...(part === undefined ? requestFindings(caller, schemas) : []),
    ...responseFindings(caller, operation, response, schemas),
  ];
}

function requestFindings(caller: CallingRoute, schemas: RouteSchemas<unknown>): readonly Finding[] {
  const { definition } = caller.route;
  return [
    ...paramFindings(caller, schemas.params),
    ...queryFindings(caller, schemas.query),
    ...(schemas.body === undefined ? [] : bodyFindings(caller, definition.body, schemas.body)),
  ];
}

/** A param without a schema is any text. */
function paramFindings(caller: CallingRoute, backend: unknown): readonly Finding[] {
  const own = described(caller.route.definition.params, 'input');
  return Object.entries(propertiesOf(backend)).flatMap(([name, schema]) => {
    const sent = { root: own, schema: propertiesOf(own)[name] ?? { type: 'string' } };
    return requestDifferences(caller, `the path's ${name}`, sent, { root: backend, schema });
  });
}

function queryFindings(caller: CallingRoute, backend: unknown): readonly Finding[] {
  const own = described(caller.route.definition.query, 'input');
  const required = requiredOf(backend);
  return Object.entries(propertiesOf(backend)).flatMap(([name, schema]): readonly Finding[] => {
    // The pattern of the call has it.
    if (caller.fixedQuery.has(name)) return [];
    const sent = propertiesOf(own)[name];
    const isCertain = requiredOf(own).includes(name);
    const missing = required.includes(name) && !isCertain ? [missingQuery(caller, name)] : [];
    const taken = { root: backend, schema };
    const others =
      sent === undefined ? [] : requestDifferences(caller, `the query's ${name}`, { root: own, schema: sent }, taken);
    return [...missing, ...others];
  });
}

function missingQuery(caller: CallingRoute, name: string): SpecBreak {
  const message = `the backend requires "${name}" in the query, and the route does not`;
  return { ...placeOf(caller), message, remedy: `require "${name}" in query, or write it into the path of the call` };
}

function bodyFindings(caller: CallingRoute, body: unknown, backend: unknown): readonly Finding[] {
  if (body === undefined) return [gap(caller, 'the route has no schema for its body')];
  const own = described(body, 'input');
  if (Object.keys(own).length === 0) return [gap(caller, 'the body of the route has no schema at run time')];
  return requestDifferences(caller, 'the body', { root: own, schema: own }, { root: backend, schema: backend });
}

function requestDifferences(
  caller: CallingRoute,
  what: string,
  sent: RootedSchema,
  taken: RootedSchema,
): readonly Finding[] {
  const { differences, unknown } = compareSchemas(sent, taken);
  const message = ({ pointer, given, taken: takes, isMissing }: SchemaDifference): string =>
    isMissing
      ? `${what} may leave out ${pointer}, which the backend requires`
      : `${what}${at(pointer)}: the route lets through ${given}, the backend takes ${takes}`;
  const remedy = 'make the schema of the route as strict, and tell those who call it';
  return [
    ...differences.map(difference => ({ ...placeOf(caller), message: message(difference), remedy })),
    ...unknown.map(pointer => gap(caller, `${what}${at(pointer)} has a schema of alternatives`)),
  ];
}

function responseFindings(
  caller: CallingRoute,
  operation: DocumentedOperation,
  response: unknown,
  { response: backend }: RouteSchemas<unknown>,
): readonly Finding[] {
  const own = described(response, 'output');
  if (Object.keys(own).length === 0) return [];
  if (backend === undefined) {
    const message = `${operation.method.toUpperCase()} ${operation.path} has no response in JSON any more`;
    return [{ ...placeOf(caller), message, remedy: 'remove "response" from the route, or call what has replaced it' }];
  }
  const { differences, unknown } = compareSchemas({ root: backend, schema: backend }, { root: own, schema: own });
  const message = ({ pointer, given, taken, isMissing }: SchemaDifference): string =>
    isMissing
      ? `the response may lack ${pointer}, which the route's schema requires`
      : `the response${at(pointer)}: the backend may give ${given}, the route's schema takes ${taken}`;
  const remedy = 'change the schema, and whatever reads this value';
  return [
    ...differences.map(difference => ({ ...placeOf(caller), message: message(difference), remedy })),
    ...unknown.map(pointer => gap(caller, `the response${at(pointer)} has a schema of alternatives`)),
  ];
}

function at(pointer: string): string {
  return pointer === '' ? '' : ` at ${pointer}`;
}

function described(schema: unknown, side: 'input' | 'output'): SchemaObject {
  const plain: unknown = JSON.parse(JSON.stringify(describedSchema(schema, side) ?? {}));
  return isObject(plain) ? plain : {};
}

function propertiesOf(schema: unknown): SchemaObject {
  return isObject(schema) && isObject(schema.properties) ? schema.properties : {};
}

function requiredOf(schema: unknown): readonly unknown[] {
  return isObject(schema) && Array.isArray(schema.required) ? schema.required : [];
}
