import { resolve } from 'node:path';
import { csrfOfGateway, isReadByPages } from '../config/csrf.ts';
import type { FolderDefaultsOptions } from '../config/folder-defaults.ts';
import type { GatewayOptions } from '../config/gateway.ts';
import type { Definitions, LoadedRoute } from '../config/loaded-route.ts';
import { checkApiDocs } from './checks/api-docs.ts';
import { checkAuth, type GuardedRoute } from './checks/auth.ts';
import { checkSharedCircuits } from './checks/circuits.ts';
import { type CorsLevel, checkMergedCors } from './checks/cors.ts';
import { type CsrfLevels, checkUnexplainedCsrf } from './checks/csrf.ts';
import { checkHealth } from './checks/health.ts';
import { checkAddresses } from './checks/rate-limit.ts';
import { checkServices } from './checks/services.ts';
import { checkSecrets } from './checks/sign-in.ts';
import { checkStatic } from './checks/static-files.ts';
import { checkUnique } from './checks/unique.ts';
import { importAll } from './import-all.ts';
import { hostsOf } from './merge.ts';
import { manifestMistake } from './package-json.ts';
import { DefinitionError } from './problem.ts';
import type { ProblemDraft } from './problem-draft.ts';
import { type DefaultsFile, type ProjectWords, readProject } from './project.ts';
import { type RouteReading, readRoute } from './read-route.ts';
import type { RouteFile } from './route-file.ts';
import { scan } from './scan.ts';
import { servicesOf } from './services.ts';
import { finish } from './source/finish.ts';

/**
 * Loads and validates all definitions in a project's folder.
 * @throws DefinitionError with every mistake in the project's files; ProjectError if the folder is no project.
 */
export async function loadDefinitions(dir: string, { serves }: LoadOptions = {}): Promise<Definitions> {
  const root = resolve(dir);
  const files = await scan(root);
  const broken = manifestMistake(root);
  if (broken !== undefined) throw new DefinitionError(await finish(root, [broken]), files.routes.length);
  const imported = await importAll(root, [...files.config, ...files.matchers, ...files.defaults, ...files.routes]);
  const project = readProject(root, files, imported);
  const ofAllRoutes = defaultsOfGateway(project.gateway);
  const read = files.routes.map((file): HostedReading => {
    const folders = [ofAllRoutes, ...foldersOf(file, project.defaults).map(({ options }) => options)];
    const module = { root, file, imported: imported.get(file) ?? { error: 'not imported' } };
    return { file, hosts: hostsOf(folders), ...readRoute(module, project.matchers, folders) };
  });
  const drafts = [
    ...project.drafts,
    ...read.flatMap(reading => reading.drafts),
    ...(await together(root, read)),
    ...checkHealth(project.gateway, files.config, read),
    ...checkApiDocs(project.gateway, files.config, read),
    ...checkMergedCors(read.map(reading => corsLevels(reading, project.defaults))),
    ...checkUnexplainedCsrf(
      project.gateway,
      read.flatMap(reading => csrfLevels(reading, project, files.config)),
    ),
    ...(project.drafts.some(({ marks: [{ file }] }) => files.config.includes(file))
      ? []
      : withGateway(project, files.config[0], read, serves)),
  ];
  if (drafts.length > 0) throw new DefinitionError(await finish(root, drafts), files.routes.length);
  return { dir: root, gateway: project.gateway, gatewayFile: files.config[0], routes: read.flatMap(loaded) };
}

/** The problems between the routes and the gateway's own options, if those are right. */
function withGateway(
  { gateway, defaults }: ReturnType<typeof readProject>,
  configFile: string | undefined,
  read: readonly HostedReading[],
  serves: LoadOptions['serves'],
): readonly ProblemDraft[] {
  const routes = read.flatMap(({ route }) => route ?? []);
  const guarded = read.flatMap(reading => guardedRoute(reading, defaults));
  const isServed = serves !== undefined && configFile !== undefined;
  return [
    ...checkAddresses(gateway, routes),
    ...checkAuth(gateway, configFile, guarded),
    ...(isServed ? checkSecrets(configFile, gateway, serves, process.env) : []),
  ];
}

/** What the definitions are for. */
interface LoadOptions {
  /** How they are served, for which secrets have to be there. Default: they are only read. */
  readonly serves?: 'dev' | 'production';
}

interface HostedReading extends RouteReading {
  readonly file: string;
  readonly hosts: readonly string[];
}

/** The problems that appear only across several routes. */
async function together(root: string, read: readonly HostedReading[]): Promise<readonly ProblemDraft[]> {
  const routes = read.flatMap(({ route }): readonly RouteFile[] => (route === undefined ? [] : [route]));
  const claims = read.flatMap(({ file, hosts, address }) => (address === undefined ? [] : [{ file, hosts, address }]));
  const services = await servicesOf(root, routes);
  const statics = await Promise.all(routes.map(route => checkStatic(root, route)));
  const circuits = checkSharedCircuits(routes);
  return [...checkUnique(claims), ...circuits, ...(await checkServices(root, services)), ...statics.flat()];
}

function corsLevels({ file, route }: HostedReading, defaults: ReadonlyMap<string, DefaultsFile>): readonly CorsLevel[] {
  const folders = foldersOf(file, defaults).map(folder => ({ file: folder.file, cors: folder.options.cors }));
  return [...folders, { file, cors: route?.written.cors }];
}

function guardedRoute(
  { file, route }: HostedReading,
  defaults: ReadonlyMap<string, DefaultsFile>,
): readonly GuardedRoute[] {
  return route === undefined ? [] : [{ route, folders: foldersOf(file, defaults) }];
}

/** None for a route that changes nothing itself. */
function csrfLevels(
  { file, route }: HostedReading,
  { gateway, defaults }: Pick<ProjectWords, 'gateway' | 'defaults'>,
  [config]: readonly string[],
): readonly CsrfLevels[] {
  if (route === undefined || route.kind === 'static' || route.kind === 'redirect') return [];
  const { address, written } = route;
  if (address.method !== undefined && isReadByPages(address.method)) return [];
  const folders = foldersOf(file, defaults).map(folder => ({ file: folder.file, options: folder.options }));
  const outer = config === undefined ? [] : [{ file: config, options: { csrf: gateway.csrf } }];
  return [[...outer, ...folders, { file, options: written }]];
}

/** What the gateway says about every route. */
function defaultsOfGateway(gateway: GatewayOptions): FolderDefaultsOptions {
  const csrf = csrfOfGateway(gateway);
  return csrf === undefined ? {} : { csrf };
}

/** The defaults for a file, from `routes/` down to its own folder. */
function foldersOf(file: string, defaults: ReadonlyMap<string, DefaultsFile>): readonly DefaultsFile[] {
  const steps = file.split('/').slice(0, -1);
  return steps.flatMap((_, i) => defaults.get(steps.slice(0, i + 1).join('/')) ?? []);
}

function loaded({ file, hosts, route }: HostedReading): readonly LoadedRoute[] {
  if (route?.kind === undefined) return [];
  const { address, kind, written, merged } = route;
  const takesBody = written.body !== undefined || written.limits?.body !== undefined;
  return [{ file, hosts, ...address, kind: kind, takesBody, definition: merged }];
}
