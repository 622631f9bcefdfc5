import type { FolderDefaultsOptions } from '../config/folder-defaults.ts';
import type { LoadedDefinition, Matcher } from '../config/loaded-route.ts';
import type { Route } from '../config/route.ts';
import type { SchemaMismatch } from '../config/schema.ts';
import { type Address, parseAddress } from './address.ts';
import { checkParams, checkPath } from './checks/address.ts';
import { checkAllow } from './checks/allow.ts';
import { checkSlowRate } from './checks/circuits.ts';
import { checkCors } from './checks/cors.ts';
import { checkCsrf } from './checks/csrf.ts';
import { checkDependsOn } from './checks/depends-on.ts';
import { checkEach } from './checks/each.ts';
import { checkHandler } from './checks/handler.ts';
import { checkHeaders } from './checks/headers.ts';
import { checkKeptPages } from './checks/kept-pages.ts';
import { checkLifetimes } from './checks/lifetimes.ts';
import { checkPartBodies } from './checks/part-bodies.ts';
import { checkPass } from './checks/pass.ts';
import { checkPatterns, checkTargets } from './checks/patterns.ts';
import { checkRateLimit } from './checks/rate-limit.ts';
import { checkReads } from './checks/reads.ts';
import { checkRouteKind, routeKindsIn } from './checks/route-kind.ts';
import { checkSchemaKeywords } from './checks/schema-keywords.ts';
import { checkSchemas } from './checks/schemas.ts';
import { checkScope } from './checks/scope.ts';
import { checkStream } from './checks/stream.ts';
import { checkPartTimeouts, checkSpans, checkTimings } from './checks/times.ts';
import { checkVary } from './checks/vary.ts';
import { checkWrites } from './checks/writes.ts';
import { type ModuleFile, routeOf } from './exports.ts';
import { mergeDefaults } from './merge.ts';
import { nearest } from './nearest.ts';
import { withOwnRates } from './own-rates.ts';
import { option, type ProblemDraft } from './problem-draft.ts';
import type { RouteCheck, RouteFile } from './route-file.ts';
import { ROUTE_KINDS } from './route-kinds.ts';
import type { NameMistake } from './segment.ts';
import { checkStructure, structureDrafts } from './structure.ts';

/** The checks of every route, in addition to its structure and its response. */
const CHECKS: readonly RouteCheck[] = [
  checkPath,
  checkParams,
  checkPatterns,
  checkTargets,
  checkDependsOn,
  checkPartTimeouts,
  checkTimings,
  checkSlowRate,
  checkWrites,
  checkReads,
  checkLifetimes,
  checkVary,
  checkScope,
  checkKeptPages,
  checkSchemas,
  checkSchemaKeywords,
  checkHandler,
  checkHeaders,
  checkAllow,
  checkCors,
  checkCsrf,
  checkRateLimit,
  checkPass,
  checkPartBodies,
  checkEach,
  checkStream,
  ({ file, written }) => checkSpans(written, path => option(file, path)),
  ({ file, written }) =>
    Object.entries(written.aggregate ?? {}).flatMap(([name, part]) =>
      checkSpans(part, path => option(file, ['aggregate', name, ...path])),
    ),
];

export interface RouteReading {
  readonly drafts: readonly ProblemDraft[];
  /** Undefined for an invalid file name. */
  readonly address?: Address;
  /** Undefined if the file name or the module is too incomplete for further checks. */
  readonly route?: RouteFile;
}

/** @param folders the defaults from `routes/` down to the route's own folder. */
export function readRoute(
  module: ModuleFile,
  matchers: ReadonlyMap<string, Matcher>,
  folders: readonly FolderDefaultsOptions[],
): RouteReading {
  const address = parseAddress(module.file, matchers);
  const given = routeOf(module);
  if (!('segments' in address)) {
    const named = address.map(mistake => nameDraft(module.file, mistake));
    return {
      drafts: [...named, ...(given.drafts ?? checkedDefinition(module.file, given.value.definition, undefined).drafts)],
    };
  }
  if (given.drafts !== undefined) return { drafts: given.drafts, address };
  const { definition } = given.value;
  const { mismatches, drafts } = checkedDefinition(module.file, definition, address.method);
  if (!isObject(definition)) return { drafts, address };
  const written = withoutMismatches(definition, mismatches);
  const route = routeFile({ file: module.file, address, route: given.value, written }, folders);
  return { drafts: [...drafts, ...CHECKS.flatMap(check => check(route))], address, route };
}

function nameDraft(file: string, { part, ...written }: NameMistake): ProblemDraft {
  return { ...written, marks: [{ file, spot: { in: 'name', part } }] };
}

interface CheckedDefinition {
  readonly mismatches: readonly SchemaMismatch[];
  readonly drafts: readonly ProblemDraft[];
}

/** The problems of a definition in any file. */
function checkedDefinition(
  file: string,
  definition: Route['definition'],
  method: string | undefined,
): CheckedDefinition {
  const mismatches = checkStructure('route', definition);
  const drafts = structureDrafts({ file }, mismatches);
  if (!isObject(definition) || (routeKindsIn(definition).length === 0 && mismatches.some(isMisspelledKind)))
    return { mismatches, drafts };
  return { mismatches, drafts: [...drafts, ...checkRouteKind(file, definition, method)] };
}

/** With a misspelled `handlr`, the missing response needs no report of its own. */
function isMisspelledKind({ path, params, expected }: SchemaMismatch): boolean {
  if (path.length > 0 || typeof params.additionalProperty !== 'string') return false;
  const meant = nearest(params.additionalProperty, Object.keys(expected.properties ?? {}));
  return ROUTE_KINDS.some(kind => kind === meant);
}

function routeFile(
  read: Pick<RouteFile, 'file' | 'address' | 'route' | 'written'>,
  folders: readonly FolderDefaultsOptions[],
): RouteFile {
  const { address, route, written } = read;
  const [first, ...others] = routeKindsIn(route.definition);
  const kind = others.length === 0 ? first : undefined;
  const merged =
    kind === undefined
      ? written
      : mergeDefaults(withOwnRates(read.file, written), { kind, method: address.method }, folders);
  return { ...read, kind, merged };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The definition without invalid options, so that everything else can be checked. */
function withoutMismatches(
  definition: Readonly<Record<string, unknown>>,
  mismatches: readonly SchemaMismatch[],
): LoadedDefinition {
  const sound = { ...definition };
  for (const { path, keyword } of mismatches) {
    const [name, part, key] = path;
    if (name === undefined) continue;
    const parts = sound[name];
    if (name !== 'aggregate' || part === undefined || typeof parts !== 'object' || parts === null) delete sound[name];
    else sound[name] = withoutPartOption({ ...parts }, part, key, keyword);
  }
  return sound as LoadedDefinition;
}

// An incomplete part, or one with an unknown option, still counts as a dependency of others.
function withoutPartOption(
  parts: Record<string, unknown>,
  part: string,
  key: string | undefined,
  keyword: string,
): unknown {
  const options = parts[part];
  if (typeof options !== 'object' || options === null) return { ...parts, [part]: {} };
  if (key === undefined)
    return keyword === 'required' || keyword === 'additionalProperties' ? parts : { ...parts, [part]: {} };
  return { ...parts, [part]: Object.fromEntries(Object.entries(options).filter(([name]) => name !== key)) };
}
