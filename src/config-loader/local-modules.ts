import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, sep } from 'node:path';
import { parseFile } from './source/parse.ts';
import { moduleSpecifiers } from './source/tree.ts';

/** A module of a project. */
interface LocalModule {
  readonly path: string;
  readonly specifiers: readonly string[];
}

const NODE_MODULES = `${sep}node_modules${sep}`;

/** A module and those that it imports, directly or not, without packages: the nearest first. */
export function* modulesFrom(path: string): Generator<LocalModule> {
  const waiting = [path];
  const seen = new Set(waiting);
  for (const next of waiting) {
    const specifiers = specifiersIn(next);
    yield { path: next, specifiers };
    for (const specifier of specifiers) {
      const imported = resolvedFrom(next, specifier);
      if (imported === undefined || imported.includes(NODE_MODULES) || seen.has(imported)) continue;
      seen.add(imported);
      waiting.push(imported);
    }
  }
}

/** The paths of all imports and `export … from` in a file, as they are written; none if it does not parse. */
export function specifiersIn(path: string): readonly string[] {
  const program = parseFile(path);
  return program === undefined ? [] : moduleSpecifiers(program);
}

/** The file behind a specifier in a module; undefined for a built-in one, and for one that cannot be found. */
export function resolvedFrom(importer: string, specifier: string): string | undefined {
  if (!/^[.#/]/.test(specifier)) return undefined;
  try {
    return createRequire(importer).resolve(specifier);
  } catch {
    return undefined;
  }
}

/** A path relative to the project's folder, with forward slashes. The folder may be a link, which Node resolves. */
export function within(root: string, path: string): string {
  const base = path.startsWith(root + sep) ? root : realOf(root);
  return relative(base, path).split(sep).join('/');
}

/** The path without links; the path itself if nothing is there. */
export function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
