import { isAbsolute, relative, sep } from 'node:path';
import { isService, type Service } from '../config/service.ts';
import { fixedServiceOf } from './call-target.ts';
import { importFile } from './import-all.ts';
import { servicesPath } from './package-json.ts';
import type { RouteFile } from './route-file.ts';

/** A service of the project, and the files that may define it. */
export interface KnownService {
  readonly service: Service;
  readonly files: readonly string[];
  /** Its export name in `#services`. */
  readonly exported: string | undefined;
}

/**
 * Every service that the loader can find: the exports of `#services`, and services that routes name directly. A service
 * that only a function calls and no module of the project exports is not found.
 */
export async function servicesOf(
  root: string,
  routes: readonly Pick<RouteFile, 'file' | 'written'>[],
): Promise<readonly KnownService[]> {
  const module = await servicesModule(root);
  const files = new Map<Service, Set<string>>();
  const add = (value: unknown, file: string) => {
    if (isService(value)) files.set(value, (files.get(value) ?? new Set()).add(file));
  };
  const names = new Map(Object.entries(module?.exports ?? {}).map(([name, value]) => [value, name]));
  for (const value of names.keys()) add(value, module?.file ?? '');
  for (const { file, written } of routes) {
    add(fixedServiceOf(written.proxy), file);
    for (const part of Object.values(written.aggregate ?? {})) add(fixedServiceOf(part.from), file);
  }
  // Services found here are visited too, because a Map iterates over entries added meanwhile. Their options are not
  // validated yet.
  for (const [service, used] of files) for (const file of used) add(service.options?.mirror?.to, file);
  const shared = module === undefined ? [] : [module.file];
  return [...files].map(([service, used]): KnownService => {
    const exported = names.get(service);
    // A service that the module does not export belongs to another file, even if the module has one of that name.
    const command = exported === undefined ? [...used, ...shared] : [...shared, ...used];
    return { service, exported, files: [...new Set(command)] };
  });
}

interface ServicesModule {
  readonly file: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** The project's own module behind `#services`. An import failure is reported with the routes that import it. */
async function servicesModule(root: string): Promise<ServicesModule | undefined> {
  const path = servicesPath(root);
  if (path === undefined) return undefined;
  const file = relative(root, path).split(sep).join('/');
  // A folder inside a larger package resolves that package's services, which do not belong to the project.
  if (file.startsWith('../') || isAbsolute(file)) return undefined;
  const imported = await importFile(path);
  return { file, exports: imported.exports ?? {} };
}
