import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedRoute } from '../config/loaded-route.ts';
import { compileSchema } from '../config/schema.ts';
import { pointerBelow } from '../config/verdict.ts';
import { loadDefinitions } from '../config-loader/load.ts';
import { NoRoutesError } from '../config-loader/project-error.ts';
import { patternVariants, variantKey } from '../router/pattern-variants.ts';
import { type Converted, isList, isMembers, SchemaReference } from './converted-schema.ts';
import { reportFileNames } from './file-names.ts';
import { type ImportNote, ImportReport } from './import-report.ts';
import { mapSchemas, type OperationPlan } from './operation-code.ts';
import { schemasOf } from './operation-schemas.ts';
import { type DocumentedOperation, type DocumentReading, operationsOf, reportOtherMethods } from './operations.ts';
import { readDocument } from './read-document.ts';
import { type Placed, References } from './references.ts';
import { routeCode } from './route-code.ts';
import { type RouteName, routeNameOf } from './route-name.ts';
import { withoutWrongSamples } from './samples.ts';
import { SchemaCode } from './schema-code.ts';
import { schemaModules } from './schema-modules.ts';
import { SchemaUnits } from './schema-units.ts';
import { type ServiceRequest, serviceChange } from './service-code.ts';
import type { PlannedFile } from './write-files.ts';

export interface ImportRequest extends ServiceRequest {
  /** A file or URL. */
  readonly from: string;
  /** The address below which the routes stand; '' for none. */
  readonly under: string;
}

/** The files that an import writes. */
export interface ImportPlan {
  readonly files: readonly PlannedFile[];
  readonly notes: readonly ImportNote[];
  readonly routes: number;
}

/** Reads a document for a project. @throws ImportError with every mistake, DefinitionError for those of the project. */
export async function planImport(request: ImportRequest): Promise<ImportPlan> {
  const reading = await readingOf(request.from);
  const { document, report } = reading;
  const existing = await routesOf(request.dir);
  const units = new SchemaUnits(reading);
  const operations = operationsOf(reading);
  reportOtherMethods(reading);
  if (operations.length === 0) report.mistake('/paths', 'the document has no operation', 'add one');
  const plans = planned(operations, request.under, report).map(({ operation, route }): OperationPlan => {
    return { operation, route, schemas: schemasOf(operation, units, route.params) };
  });
  units.reportNames();
  reportAddresses(plans, existing, report);
  reportSchemas(plans, units, report);
  const services = await serviceChange(request, document, report);
  const { modules, routes } = codeOf(plans, units, request.service, report);
  const added = (files: readonly NewFile[]) => files.map(file => newFile(request.dir, file, report));
  const changed = services && { file: services.file, text: services.text, replaces: !services.isNew };
  reportFileNames([...modules, ...routes], report);
  // Routes last: whatever watches the folder finds what they import.
  const files = [...added(modules), ...(changed === undefined ? [] : [changed]), ...added(routes)];
  report.end(request.from);
  return { files, notes: report.notes, routes: routes.length };
}

export async function readingOf(from: string): Promise<DocumentReading> {
  const document = await readDocument(from);
  const report = new ImportReport();
  return { document, report, references: new References(document.root, report) };
}

/** A project may begin with an import. */
async function routesOf(dir: string): Promise<readonly LoadedRoute[]> {
  try {
    return (await loadDefinitions(dir)).routes;
  } catch (error) {
    if (error instanceof NoRoutesError) return [];
    throw error;
  }
}

function planned(operations: readonly DocumentedOperation[], under: string, report: ImportReport) {
  const paths = operations.map(({ path }) => path);
  return operations.flatMap((operation): { operation: DocumentedOperation; route: RouteName }[] => {
    const isFolder = operation.path === '/' || paths.some(path => path.startsWith(`${operation.path}/`));
    const route = routeNameOf(operation, { under, isFolder }, report);
    return route === undefined ? [] : [{ operation, route }];
  });
}

/** Two routes of one address and method, whether both are new or one is the project's. */
function reportAddresses(
  plans: readonly OperationPlan[],
  existing: readonly LoadedRoute[],
  report: ImportReport,
): void {
  const taken = new Map<string, { readonly name: string; readonly isOurs: boolean }>();
  for (const { file, method, segments } of existing) {
    for (const variant of patternVariants(segments)) {
      taken.set(`${method} ${variantKey(variant)}`, { name: file, isOurs: true });
    }
  }
  for (const { operation, route } of plans) {
    for (const variant of patternVariants(route.address.segments)) {
      const key = `${route.address.method} ${variantKey(variant)}`;
      const other = taken.get(key);
      const name = `${operation.method.toUpperCase()} ${operation.path}`;
      taken.set(key, other ?? { name, isOurs: false });
      if (other === undefined) continue;
      const remedy = other.isOurs
        ? 'choose another folder with --under, or remove the operation from the document'
        : 'remove one from the document';
      report.mistake(operation.pointer, `${name} would be at the address of ${other.name}`, remedy);
    }
  }
}

/** Schemas that the gateway could not compile. */
function reportSchemas(plans: readonly OperationPlan[], units: SchemaUnits, report: ImportReport): void {
  const components = units.all.map(({ pointer, schema }): Placed<Converted> => ({ pointer, value: schema }));
  const own = plans.flatMap(({ operation, schemas }) =>
    Object.entries(schemas).flatMap(([name, value]): readonly Placed<Converted>[] =>
      value === undefined ? [] : [{ pointer: pointerBelow(operation.pointer, PLACES[name] ?? ''), value }],
    ),
  );
  // What is wrong in a component is wrong wherever it is used.
  for (const schemas of [components, own]) {
    const wrong = uncompilable(schemas);
    for (const { pointer, reason } of wrong) report.mistake(pointer, reason, 'correct the schema in the document');
    if (wrong.length > 0) return;
  }
}

/**
 * What a schema refers to is compiled by itself: with everything in one, the compiler's stack ends at some hundred
 * schemas that refer to one another.
 */
function uncompilable(schemas: readonly Placed<Converted>[]) {
  return schemas.flatMap(({ pointer, value }) => {
    const reason = reasonAgainst(withoutReferences(value));
    return reason === undefined ? [] : [{ pointer, reason }];
  });
}

function withoutReferences(schema: Converted): Converted {
  if (schema instanceof SchemaReference) return withoutReferences(schema.beside);
  if (isList(schema)) return schema.map(withoutReferences);
  if (!isMembers(schema)) return schema;
  return Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, withoutReferences(each)]));
}

function reasonAgainst(schema: Converted): string | undefined {
  try {
    compileSchema(schema === false ? { not: {} } : schema, { coerce: false });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const PLACES: Readonly<Record<string, string>> = {
  params: 'parameters',
  query: 'parameters',
  body: 'requestBody',
  response: 'responses',
};

/** The modules and the route files. It has a text even for a document with mistakes, so that all are found at once. */
function codeOf(plans: readonly OperationPlan[], units: SchemaUnits, service: string, report: ImportReport) {
  units.change(unit => withoutWrongSamples({ pointer: unit.pointer, value: unit.schema }, units, report));
  const code = new SchemaCode(units, service);
  const modules = schemaModules(code, `schemas/${service}`);
  const files = new Map(modules.flatMap(({ names, file }) => names.map(name => [name, file] as const)));
  const routes = plans.map(({ operation, route, schemas }) => {
    const { pointer } = operation;
    const coded = mapSchemas(schemas, value => code.code(withoutWrongSamples({ pointer, value }, units, report)));
    return { pointer, file: route.file, text: routeCode({ operation, route, schemas: coded }, service, files) };
  });
  return { modules, routes };
}

interface NewFile {
  readonly file: string;
  readonly text: string;
  readonly pointer: string;
}

function newFile(dir: string, { file, text, pointer }: NewFile, report: ImportReport): PlannedFile {
  if (existsSync(join(dir, file))) {
    const remedy = 'move or remove the file, or import under another name with --as';
    report.mistake(pointer, `${file} exists already`, remedy);
    report.hint('to compare the document with these routes, add --check');
  }
  return { file, text, replaces: false };
}
