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
  /** What `#services` exports it as. */
  readonly exported: string | undefined;
}

/**
 * Every service that the loader can see: what `#services` exports, and what routes name outright. A service that only a
 * function calls and no module of the project exports is invisible.
 */
export async function servicesOf(root: string, routes: readonly RouteFile[]): Promise<readonly KnownService[]> {
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
  // Services found here are read themselves: a Map iterates over entries that are added to it. Their options are not
  // checked yet.
  for (const [service, used] of files) for (const file of used) add(service.options?.mirror?.to, file);
  const shared = module === undefined ? [] : [module.file];
  return [...files].map(([service, used]): KnownService => {
    const exported = names.get(service);
    // What the module does not export is another file's, even where the module has a service of that name.
    const command = exported === undefined ? [...used, ...shared] : [...shared, ...used];
    return { service, exported, files: [...new Set(command)] };
  });
}

interface ServicesModule {
  readonly file: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/**
 * The project's own module behind `#services`. One that cannot be imported is reported with the routes that import it.
 */
async function servicesModule(root: string): Promise<ServicesModule | undefined> {
  const path = servicesPath(root);
  if (path === undefined) return undefined;
  const file = relative(root, path).split(sep).join('/');
  // A folder inside a larger package sees that package's services, which are none of its business.
  if (file.startsWith('../') || isAbsolute(file)) return undefined;
  const imported = await importFile(path);
  return { file, exports: imported.exports ?? {} };
}
