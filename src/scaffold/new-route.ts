import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Matcher } from '../config/loaded-route.ts';
import { isService } from '../config/service.ts';
import { type Address, parseAddress } from '../config-loader/address.ts';
import { checkUnique } from '../config-loader/checks/unique.ts';
import { matchersOf } from '../config-loader/exports.ts';
import { importFile } from '../config-loader/import-all.ts';
import { didYouMean } from '../config-loader/nearest.ts';
import { servicesPath } from '../config-loader/package-json.ts';
import { NoRoutesError, ProjectError } from '../config-loader/project-error.ts';
import { type ProjectFiles, scan } from '../config-loader/scan.ts';
import { quoted } from '../import/source-value.ts';
import type { PlannedFile } from '../import/write-files.ts';

export interface NewRoute {
  readonly dir: string;
  /** In lower case, as in names of files. */
  readonly method: string;
  /** In the notation of files: `/api/products/[id]`. */
  readonly path: string;
  /** The export of `#services` that it calls; undefined for a handler. */
  readonly service: string | undefined;
}

/**
 * The file of a new route, by the address that it has.
 * @throws ProjectError if the address is none, has a file already, or names a service that is not there.
 */
export async function newRoute(route: NewRoute): Promise<PlannedFile> {
  const root = resolve(route.dir);
  const files = await filesOf(root);
  const matchers = await matchersIn(root, files);
  const { file, address } = namedFile(route, matchers);
  refuseSecond(root, file, address, files, matchers);
  if (route.service === undefined) return { file, text: handlerText(route), replaces: false };
  const from = await sourceOf(root, file, route.service);
  return { file, text: proxyText(route, route.service, from), replaces: false };
}

/** A project may have no route yet. */
async function filesOf(root: string): Promise<Pick<ProjectFiles, 'routes' | 'matchers'>> {
  try {
    return await scan(root);
  } catch (error) {
    if (error instanceof NoRoutesError && existsSync(join(root, 'package.json'))) return { routes: [], matchers: [] };
    throw error;
  }
}

async function matchersIn(
  root: string,
  { matchers: [file] }: Pick<ProjectFiles, 'matchers'>,
): Promise<ReadonlyMap<string, Matcher>> {
  if (file === undefined) return matchersOf(undefined).matchers;
  return matchersOf({ root, file, imported: await importFile(join(root, file)) }).matchers;
}

interface Named {
  readonly file: string;
  readonly address: Address;
}

/** The scan for routes leaves such files and folders out, and dot segments lead elsewhere. */
function isHidden(segment: string): boolean {
  return segment.startsWith('_') || (segment.startsWith('.') && segment !== '.well-known');
}

/** Folders of Windows and escapes in code: no file can be named so everywhere. */
const UNUSABLE = /[\\:\p{Cc}]/u;

function refuseUnusable(path: string): void {
  const [found] = UNUSABLE.exec(path) ?? [];
  if (found === undefined) return;
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  const name = /\p{Cc}/u.test(found) ? `U+${code}` : `"${found}"`;
  throw new ProjectError(`a path of a route has no ${name}, and nothing is written; choose another path`);
}

/** The name whose address is the wanted one: a last segment `index` needs a folder of its own. */
function namedFile({ method, path }: NewRoute, matchers: ReadonlyMap<string, Matcher>): Named {
  refuseUnusable(path);
  const hidden = path.split('/').find(isHidden);
  if (hidden !== undefined) {
    throw new ProjectError(`${path} is no address of a route: what begins like "${hidden}" is never a route`);
  }
  const base = path === '/' ? '' : path;
  const names = base === '' ? [`routes/index.${method}.ts`] : [`routes${base}.${method}.ts`];
  const reasons: string[] = [];
  for (const file of [...names, `routes${base}/index.${method}.ts`]) {
    const address = parseAddress(file, matchers);
    if ('pattern' in address && address.pattern === path) return { file, address };
    if (!('pattern' in address)) reasons.push(...address.map(({ message, remedy }) => `${message}; ${remedy}`));
  }
  const reason = reasons[0] ?? 'a file with this name would have another address; see docs/routes.md';
  throw new ProjectError(`${path} is no address of a route: ${reason}`);
}

function refuseSecond(
  root: string,
  file: string,
  address: Address,
  { routes }: Pick<ProjectFiles, 'routes'>,
  matchers: ReadonlyMap<string, Matcher>,
): void {
  if (existsSync(join(root, file))) throw new ProjectError(`${file} exists, so nothing is written`);
  // Files in groups may be for hosts of their own.
  for (const other of routes.filter(name => !name.includes('('))) {
    const known = parseAddress(other, matchers);
    if (!('pattern' in known)) continue;
    const claims = [
      { file, address, hosts: [] },
      { file: other, address: known, hosts: [] },
    ];
    if (checkUnique(claims).length === 0) continue;
    throw new ProjectError(`${other} has the address ${address.method} ${address.pattern}, so nothing is written`);
  }
}

/** How a file imports the service. */
async function sourceOf(root: string, file: string, service: string): Promise<string> {
  const mapped = servicesPath(root);
  const path = mapped ?? join(root, 'services.ts');
  if (!existsSync(path)) {
    const remedy = 'portico init makes a project with one, and docs/services.md shows it';
    throw new ProjectError(`there is no ${relative(root, path)} with services; ${remedy}`);
  }
  const { exports, error } = await importFile(path);
  if (exports === undefined) {
    throw new ProjectError(`${relative(root, path)} cannot be imported; run portico check`, { cause: error });
  }
  const known = Object.keys(exports).filter(name => isService(exports[name]));
  if (!known.includes(service)) {
    const list = known.length === 0 ? 'it has none' : `known: ${known.join(', ')}`;
    const near = didYouMean(service, known);
    throw new ProjectError(`${relative(root, path)} exports no service "${service}"; ${near}${list}`);
  }
  if (mapped !== undefined) return '#services';
  const written = relative(dirname(join(root, file)), path)
    .split(sep)
    .join('/');
  return written.startsWith('.') ? written : `./${written}`;
}

function proxyText({ path }: NewRoute, service: string, from: string): string {
  return `import { defineRoute } from 'portico';
import { ${service} } from ${quoted(from)};

export default defineRoute(${quoted(path)}, {
  proxy: ${service},
});
`;
}

function handlerText({ path }: NewRoute): string {
  return `import { defineRoute } from 'portico';

export default defineRoute(${quoted(path)}, {
  handler: () => ({ hello: 'world' }),
});
`;
}
