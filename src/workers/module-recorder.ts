import { existsSync, realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a worker has imported for a project since the last report. */
export interface ImportedFiles {
  /**
   * Absolute paths after links, and as an import names them where that leads through a link; for a file of an installed
   * package the package.json of that package.
   */
  readonly files: readonly string[];
  /** Paths whose absence made an import fail, and the package.json of a package that lacks what is imported. */
  readonly missing: readonly string[];
}

/** Portico's own code: `src/` or `dist/`. */
const OWN = new URL('../', import.meta.url).href;
/** The one file of it that imports files of a project. */
const IMPORTER = new URL('../config-loader/import-all', import.meta.url).href;
/** The folder of an installed package. */
const INSTALLED = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//;

/**
 * Reports what a project imports: its own files, what these import, and so on. Libraries that only Portico uses are
 * left out. A developer may change any of it, also what a handler imports at its first request.
 */
export class ModuleRecorder {
  /** URLs of modules that belong to the project or were imported by it. */
  readonly #known = new Set<string>();
  readonly #reported = new Set<string>();
  /** Of packages, by their names and the folders that import them. */
  readonly #links = new Map<string, PackageLink | undefined>();
  #files: string[] = [];
  #missing: string[] = [];
  readonly #report: (imported: ImportedFiles) => void;

  constructor(report: (imported: ImportedFiles) => void) {
    this.#report = report;
  }

  /** From now on. */
  listen(): void {
    registerHooks({
      resolve: (specifier, context, next) => {
        try {
          const resolved = next(specifier, context);
          this.#resolved(resolved.url, specifier, context.parentURL);
          return resolved;
        } catch (error) {
          if (this.#isImporter(context.parentURL)) this.#failed(specifier, context.parentURL, error);
          throw error;
        }
      },
    });
  }

  /** Reports at once what is not reported yet. */
  flush(): void {
    if (this.#files.length + this.#missing.length === 0) return;
    const imported = { files: this.#files, missing: this.#missing };
    this.#files = [];
    this.#missing = [];
    this.#report(imported);
  }

  #resolved(url: string, specifier: string, parent: string | undefined): void {
    if (!url.startsWith('file:') || url.startsWith(OWN) || !this.#isImporter(parent)) return;
    this.#known.add(url);
    const path = fileURLToPath(url);
    const folder = INSTALLED.exec(path.replaceAll('\\', '/'))?.[0];
    const file = folder === undefined ? path : join(folder, 'package.json');
    this.#add(this.#files, file);
    const named = this.#named(specifier, parent, file);
    if (named !== undefined) this.#add(this.#files, named);
    // A module may loop for ever, and then nothing is reported later. Routes are known without a report.
    if (this.#known.has(parent ?? '')) this.flush();
  }

  /** The path by which an import found a file, if a link is part of it: that link may get another target. */
  #named(specifier: string, parent: string | undefined, file: string): string | undefined {
    if (parent === undefined) return undefined;
    if (/^(?:\.|file:)/.test(specifier)) {
      // The path of a `require` is no URL.
      if (specifier.includes('%') && !URL.canParse(specifier)) return undefined;
      const named = fileURLToPath(new URL(specifier, parent));
      return named === file ? undefined : named;
    }
    const name = packageName(specifier);
    // What links of an installed package lead to changes with its own package.json.
    if (name === undefined || INSTALLED.test(parent)) return undefined;
    const link = this.#packageLink(dirname(fileURLToPath(parent)), name);
    return link !== undefined && file.startsWith(link.target + sep)
      ? link.path + file.slice(link.target.length)
      : undefined;
  }

  #packageLink(folder: string, name: string): PackageLink | undefined {
    const key = `${name} ${folder}`;
    if (!this.#links.has(key)) this.#links.set(key, packageLink(folder, name));
    return this.#links.get(key);
  }

  #failed(specifier: string, parent: string | undefined, error: unknown): void {
    for (const path of missingPaths(specifier, parent, error)) this.#add(this.#missing, path);
  }

  #isImporter(parent: string | undefined): boolean {
    return parent !== undefined && (this.#known.has(parent) || parent.startsWith(IMPORTER));
  }

  #add(list: string[], path: string): void {
    if (this.#reported.has(path)) return;
    this.#reported.add(path);
    if (this.#files.length + this.#missing.length === 0) setImmediate(() => this.flush());
    list.push(path);
  }
}

function missingPaths(specifier: string, parent: string | undefined, error: unknown): readonly string[] {
  if (error instanceof Error && 'url' in error && typeof error.url === 'string' && error.url.startsWith('file:')) {
    return [fileURLToPath(error.url)];
  }
  if (parent === undefined) return [];
  const folder = dirname(fileURLToPath(parent));
  const name = packageName(specifier);
  // What exists lacks something, which its package.json may get.
  if (name !== undefined) {
    return installFolders(folder, name).map(path => (existsSync(path) ? join(path, 'package.json') : path));
  }
  // A `require` does not say what it looked for.
  return specifier.startsWith('.') ? ['', '.js', '.json'].map(end => resolve(folder, specifier + end)) : [];
}

function packageName(specifier: string): string | undefined {
  return /^(?:@[^/]+\/)?[^./#@][^/:]*/.exec(specifier)?.[0];
}

interface PackageLink {
  readonly path: string;
  readonly target: string;
}

/** The link by which files of a folder find a package, such as the links of workspaces and of pnpm. */
function packageLink(folder: string, name: string): PackageLink | undefined {
  const path = installFolders(folder, name).find(existsSync);
  if (path === undefined) return undefined;
  const target = realpathSync(path);
  return target === path ? undefined : { path, target };
}

/** Where an installation would put a package for the files of a folder. */
function installFolders(folder: string, name: string): readonly string[] {
  const isPackage = existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'));
  const here = isPackage ? [join(folder, 'node_modules', name)] : [];
  return folder === dirname(folder) ? here : [...here, ...installFolders(dirname(folder), name)];
}
