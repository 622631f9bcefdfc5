import type { FolderDefaultsOptions } from '../config/folder-defaults.ts';
import type { GatewayOptions } from '../config/gateway.ts';
import type { Matcher } from '../config/loaded-route.ts';
import { allowDrafts } from './checks/allow.ts';
import { checkApiKeys } from './checks/api-keys.ts';
import { corsDrafts } from './checks/cors.ts';
import { csrfDrafts } from './checks/csrf.ts';
import { checkLimits, checkStores, checkTrustedProxies } from './checks/gateway.ts';
import { lifetimeDrafts } from './checks/lifetimes.ts';
import { checkOrigin } from './checks/origin.ts';
import { rateDrafts } from './checks/rate-limit.ts';
import { checkSignIn } from './checks/sign-in.ts';
import { checkSpans } from './checks/times.ts';
import { varyDrafts } from './checks/vary.ts';
import { folderDefaultsOf, gatewayOf, type ModuleFile, matchersOf } from './exports.ts';
import type { Imported } from './import-all.ts';
import { withOwnRates } from './own-rates.ts';
import { option, type ProblemDraft } from './problem-draft.ts';
import type { ProjectFiles } from './scan.ts';
import { checkStructure, structureDrafts } from './structure.ts';

/** Definitions that apply to many routes. */
export interface ProjectWords {
  readonly gateway: GatewayOptions;
  readonly matchers: ReadonlyMap<string, Matcher>;
  /** By folder: `routes/api`. */
  readonly defaults: ReadonlyMap<string, DefaultsFile>;
  readonly drafts: readonly ProblemDraft[];
}

/** A `_defaults.ts`; invalid options are omitted. */
export interface DefaultsFile {
  readonly file: string;
  readonly options: FolderDefaultsOptions;
}

type ModuleOf = (file: string) => ModuleFile;

export function readProject(root: string, files: ProjectFiles, imported: ReadonlyMap<string, Imported>): ProjectWords {
  const moduleOf: ModuleOf = file => ({ root, file, imported: imported.get(file) ?? { error: 'not imported' } });
  const [config] = files.config;
  const [own] = files.matchers;
  const gateway = config === undefined ? NO_GATEWAY : readGateway(moduleOf(config));
  const { matchers, drafts } = matchersOf(own === undefined ? undefined : moduleOf(own));
  const folders = files.defaults.map(file => ({ file, ...readDefaults(moduleOf(file)) }));
  return {
    gateway: gateway.value,
    matchers,
    defaults: new Map(
      folders.map(({ file, value }) => [file.slice(0, file.lastIndexOf('/')), { file, options: value }]),
    ),
    drafts: [
      ...drafts,
      ...gateway.drafts,
      ...folders.flatMap(folder => folder.drafts),
      ...onlyOne(files.config),
      ...onlyOne(files.matchers),
      ...[...Map.groupBy(files.defaults, file => file.replace(/\.\w+$/, '')).values()].flatMap(onlyOne),
      ...files.foreign.map(foreignDraft),
    ],
  };
}

interface Read<T> {
  readonly value: T;
  readonly drafts: readonly ProblemDraft[];
}

const NO_GATEWAY: Read<GatewayOptions> = { value: {}, drafts: [] };

function readGateway(module: ModuleFile): Read<GatewayOptions> {
  const given = gatewayOf(module);
  if (given.drafts !== undefined) return { value: {}, drafts: given.drafts };
  const mismatches = checkStructure('gateway', given.value);
  if (mismatches.length > 0) return { value: {}, drafts: structureDrafts(module, mismatches) };
  return {
    value: given.value,
    drafts: [
      ...[checkTrustedProxies, checkLimits, checkStores, checkOrigin, checkApiKeys, checkSignIn].flatMap(check =>
        check(module.file, given.value),
      ),
      ...csrfDrafts(module.file, given.value.csrf),
    ],
  };
}

function readDefaults(module: ModuleFile): Read<FolderDefaultsOptions> {
  const given = folderDefaultsOf(module);
  if (given.drafts !== undefined) return { value: {}, drafts: given.drafts };
  const mismatches = checkStructure('defaults', given.value);
  if (mismatches.length > 0) return { value: {}, drafts: structureDrafts(module, mismatches) };
  const drafts = [
    ...checkSpans(given.value, path => option(module.file, path)),
    ...allowDrafts(module.file, given.value.allow),
    ...corsDrafts(module.file, given.value.cors),
    ...csrfDrafts(module.file, given.value.csrf),
    ...rateDrafts(module.file, given.value.rateLimit),
    ...varyDrafts(module.file, [], given.value.cache),
    ...lifetimeDrafts(module.file, [], given.value.cache),
  ];
  return { value: withOwnRates(module.file, given.value), drafts };
}

/** `_defaults.ts` and `_defaults.js` side by side are ambiguous. */
function onlyOne(files: readonly string[]): readonly ProblemDraft[] {
  const [first, ...others] = files.map(file => ({ file, spot: { in: 'file' } }) as const);
  if (first === undefined || others.length === 0) return [];
  return [{ code: 'P102', marks: [first, ...others], message: 'two files say the same', remedy: 'remove one' }];
}

function foreignDraft(file: string): ProblemDraft {
  const extension = file.slice(file.lastIndexOf('.'));
  return {
    code: 'P109',
    marks: [{ file, spot: { in: 'name', part: extension } }],
    message: `a route is a .ts, .mts, .js or .mjs file, not ${extension}`,
    remedy: 'rename it; a file that is no route begins with _ or stands outside routes/',
  };
}
