import { join } from 'node:path';
import { type FolderDefaultsOptions, isFolderDefaults } from '../config/folder-defaults.ts';
import { type GatewayOptions, isGatewayFile } from '../config/gateway.ts';
import type { Matcher } from '../config/loaded-route.ts';
import { isRoute, type Route } from '../config/route.ts';
import { BUILT_IN_MATCHERS } from '../router/matchers.ts';
import type { Imported } from './import-all.ts';
import { importError } from './import-error.ts';
import type { StructureKind } from './own-schemas.ts';
import type { ProblemDraft } from './problem-draft.ts';
import { parseFile } from './source/parse.ts';
import { hasUnknown, writtenDefinition } from './source/written.ts';
import { checkStructure, structureDrafts } from './structure.ts';

/** The value of a file, or its problems. */
type Given<T> = { readonly value: T; readonly drafts?: undefined } | { readonly drafts: readonly ProblemDraft[] };

export interface ModuleFile {
  readonly root: string;
  readonly file: string;
  readonly imported: Imported;
}

export function routeOf(module: ModuleFile): Given<Route> {
  return defaultOf(module, isRoute, 'defineRoute', 'route');
}

export function folderDefaultsOf(module: ModuleFile): Given<FolderDefaultsOptions> {
  const given = defaultOf(module, isFolderDefaults, 'defineDefaults', 'defaults');
  return given.drafts === undefined ? { value: given.value.definition } : given;
}

export function gatewayOf(module: ModuleFile): Given<GatewayOptions> {
  const given = defaultOf(module, isGatewayFile, 'defineGateway', 'gateway');
  return given.drafts === undefined ? { value: given.value.definition } : given;
}

function defaultOf<T>(
  { root, file, imported }: ModuleFile,
  is: (value: unknown) => value is T,
  maker: string,
  kind: StructureKind,
): Given<T> {
  if (imported.exports === undefined) {
    return { drafts: [importError(root, file, imported.error), ...writtenMistakes(root, file, { maker, kind })] };
  }
  const value = imported.exports.default;
  if (is(value)) return { value };
  const missing = !('default' in imported.exports);
  const draft: ProblemDraft = {
    code: missing ? 'P105' : 'P106',
    marks: [{ file, spot: { in: 'default' } }],
    message: missing ? 'the file exports nothing by default' : `the default export was not made by ${maker}`,
    remedy: `write export default ${maker}(${maker === 'defineRoute' ? "'/path', " : ''}{ … })${
      maker === 'defineRoute' ? ', or begin the name of a file that is no route with _' : ''
    }`,
  };
  return { drafts: [draft] };
}

/** Mistakes that the text of a file shows before it can be imported: unknown options, and values that do not fit. */
function writtenMistakes(
  root: string,
  file: string,
  { maker, kind }: { readonly maker: string; readonly kind: StructureKind },
): readonly ProblemDraft[] {
  const program = parseFile(join(root, file));
  const definition = program && writtenDefinition(program, maker);
  if (definition === undefined) return [];
  const mismatches = checkStructure(kind, definition).filter(
    ({ keyword, path, value }) =>
      keyword === 'additionalProperties' || !(hasUnknown(value) || (keyword === 'required' && path.length === 0)),
  );
  return structureDrafts({ file }, mismatches);
}

/** Portico's matchers, overridden by the team's. */
export function matchersOf(module: ModuleFile | undefined): {
  readonly matchers: ReadonlyMap<string, Matcher>;
  readonly drafts: readonly ProblemDraft[];
} {
  const matchers = new Map(BUILT_IN_MATCHERS.map(matcher => [matcher.name, matcher]));
  if (module === undefined) return { matchers, drafts: [] };
  const { root, file, imported } = module;
  if (imported.exports === undefined) return { matchers, drafts: [importError(root, file, imported.error)] };
  const drafts: ProblemDraft[] = [];
  for (const [name, value] of Object.entries(imported.exports)) {
    if (isTest(value) && name !== 'default') matchers.set(name, { name, test: value });
    else drafts.push(noMatcher(file, name));
  }
  return { matchers, drafts };
}

function isTest(value: unknown): value is Matcher['test'] {
  return typeof value === 'function';
}

function noMatcher(file: string, name: string): ProblemDraft {
  return {
    code: 'P122',
    marks: [{ file, spot: name === 'default' ? { in: 'default' } : { in: 'export', name } }],
    message: `"${name}" is no matcher`,
    remedy: 'export functions by name: export const even = (text: string) => Number(text) % 2 === 0',
  };
}
