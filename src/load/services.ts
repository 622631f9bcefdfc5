import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isService, type Service } from '../define/service.ts';
import { fixedServiceOf } from './call-target.ts';
import { importFile } from './import-all.ts';
import type { RouteFile } from './route-file.ts';

/** A service of the project, and the files that may define it. */
export interface KnownService {
  readonly service: Service;
  readonly files: readonly string[];
}

/**
 * Every service that the loader can see: what `#services` exports, and what routes name outright. A service that only a function
 * calls and no module of the project exports is invisible.
 */
export async function servicesOf(root: string, routes: readonly RouteFile[]): Promise<readonly KnownService[]> {
  const module = await servicesModule(root);
  const files = new Map<Service, Set<string>>();
  const add = (value: unknown, file: string) => {
    if (isService(value)) files.set(value, (files.get(value) ?? new Set()).add(file));
  };
  for (const value of module?.exports ?? []) add(value, module?.file ?? '');
  for (const { file, written } of routes) {
    add(fixedServiceOf(written.proxy), file);
    for (const part of Object.values(written.aggregate ?? {})) add(fixedServiceOf(part.from), file);
  }
  return [...files].map(([service, names]) => ({
    service,
    files: [...new Set([...(module === undefined ? [] : [module.file]), ...names])],
  }));
}

interface ServicesModule {
  readonly file: string;
  readonly exports: readonly unknown[];
}

/** The project's own module behind `#services`. One that cannot be imported is reported with the routes that import it. */
async function servicesModule(root: string): Promise<ServicesModule | undefined> {
  const path = await servicesPath(root);
  if (path === undefined) return undefined;
  const file = relative(root, path).split(sep).join('/');
  // A folder inside a larger package sees that package's services, which are none of its business.
  if (file.startsWith('../') || isAbsolute(file)) return undefined;
  const imported = await importFile(path);
  return { file, exports: Object.values(imported.exports ?? {}) };
}

async function servicesPath(root: string): Promise<string | undefined> {
  for (let folder = root; ; folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) return declaredIn(folder, text);
    if (folder === dirname(folder)) return undefined;
  }
}

function declaredIn(folder: string, text: string): string | undefined {
  try {
    const target: unknown = JSON.parse(text)?.imports?.['#services'];
    return typeof target === 'string' && target.startsWith('./') ? resolve(folder, target) : undefined;
  } catch {
    return undefined;
  }
}
