import type { FolderDefaultsOptions } from '../define/folder-defaults.ts';
import type { LoadedDefinition, Matcher } from '../define/loaded.ts';
import type { Route } from '../define/route.ts';
import type { Misfit } from '../define/schema.ts';
import { type Address, parseAddress } from './address.ts';
import { ANSWERS } from './answers.ts';
import { checkParams, checkPath } from './checks/address.ts';
import { answersIn, checkAnswer } from './checks/answer.ts';
import { checkSlowRate } from './checks/circuits.ts';
import { checkHeaders } from './checks/headers.ts';
import { checkLifetimes } from './checks/lifetimes.ts';
import { checkNeeds } from './checks/needs.ts';
import { checkPages } from './checks/pages.ts';
import { checkPatterns, checkTargets } from './checks/patterns.ts';
import { checkReads } from './checks/reads.ts';
import { checkSchemas } from './checks/schemas.ts';
import { checkScope } from './checks/scope.ts';
import { checkPartTimeouts, checkSpans, checkTimings } from './checks/times.ts';
import { checkVary } from './checks/vary.ts';
import { checkWrites } from './checks/writes.ts';
import { type Draft, option } from './draft.ts';
import { type ModuleFile, routeOf } from './exports.ts';
import { mergeDefaults } from './merge.ts';
import { nearest } from './nearest.ts';
import type { RouteCheck, RouteFile } from './route-file.ts';
import type { NameMistake } from './segment.ts';
import { checkStructure, structureDrafts } from './structure.ts';

/** What is looked at in every route, beside its structure and its answer. */
const CHECKS: readonly RouteCheck[] = [
  checkPath,
  checkParams,
  checkPatterns,
  checkTargets,
  checkNeeds,
  checkPartTimeouts,
  checkTimings,
  checkSlowRate,
  checkWrites,
  checkReads,
  checkLifetimes,
  checkVary,
  checkScope,
  checkPages,
  checkSchemas,
  checkHeaders,
  ({ file, written }) => checkSpans(written, path => option(file, path)),
  ({ file, written }) =>
    Object.entries(written.aggregate ?? {}).flatMap(([name, part]) =>
      checkSpans(part, path => option(file, ['aggregate', name, ...path])),
    ),
];

export interface RouteReading {
  readonly drafts: readonly Draft[];
  /** Undefined where the file's name is wrong. */
  readonly address?: Address;
  /** Undefined where the name of the file or its module say too little to go on. */
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
      drafts: [...named, ...(given.drafts ?? definitionDrafts(module.file, given.value.definition, undefined))],
    };
  }
  if (given.drafts !== undefined) return { drafts: given.drafts, address };
  const { definition } = given.value;
  const drafts = definitionDrafts(module.file, definition, address.method);
  if (!isObject(definition)) return { drafts, address };
  const route = routeFile(module.file, address, given.value, folders);
  return { drafts: [...drafts, ...CHECKS.flatMap(check => check(route))], address, route };
}

function nameDraft(file: string, { part, ...said }: NameMistake): Draft {
  return { ...said, marks: [{ file, spot: { in: 'name', part } }] };
}

/** What is wrong with a definition wherever it stands. */
function definitionDrafts(file: string, definition: Route['definition'], method: string | undefined): readonly Draft[] {
  const misfits = checkStructure('route', definition);
  const drafts = structureDrafts({ file }, misfits);
  if (!isObject(definition) || (answersIn(definition).length === 0 && misfits.some(isMisspeltAnswer))) return drafts;
  return [...drafts, ...checkAnswer(file, definition, method)];
}

/** `handlr` is an answer with a mistake in it: that there is no answer goes without saying. */
function isMisspeltAnswer({ path, params, expected }: Misfit): boolean {
  if (path.length > 0 || typeof params.additionalProperty !== 'string') return false;
  const meant = nearest(params.additionalProperty, Object.keys(expected.properties ?? {}));
  return ANSWERS.some(answer => answer === meant);
}

function routeFile(file: string, address: Address, route: Route, folders: readonly FolderDefaultsOptions[]): RouteFile {
  const written = withoutMisfits(route.definition, checkStructure('route', route.definition));
  const [first, ...others] = answersIn(route.definition);
  const answer = others.length === 0 ? first : undefined;
  const merged = answer === undefined ? written : mergeDefaults(written, { answer, method: address.method }, folders);
  return { file, address, route, answer, written, merged };
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The definition without the options that are wrong in themselves, so that everything else can still be looked at. */
function withoutMisfits(definition: Readonly<Record<string, unknown>>, misfits: readonly Misfit[]): LoadedDefinition {
  const sound = { ...definition };
  for (const { path, keyword } of misfits) {
    const [name, part, key] = path;
    if (name === undefined) continue;
    const parts = sound[name];
    if (name !== 'aggregate' || part === undefined || typeof parts !== 'object' || parts === null) delete sound[name];
    else sound[name] = withoutPartOption({ ...parts }, part, key, keyword);
  }
  return sound as LoadedDefinition;
}

// A part that lacks something, or says too much, is still a part that others may need.
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
