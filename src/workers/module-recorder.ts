import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a worker has imported for a project since the last report. */
export interface ImportedFiles {
  /** Absolute paths after links; for a file of an installed package the package.json of that package. */
  readonly files: readonly string[];
  /** Paths whose absence made an import fail. */
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
          this.#resolved(resolved.url, context.parentURL);
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

  #resolved(url: string, parent: string | undefined): void {
    if (!url.startsWith('file:') || url.startsWith(OWN) || !this.#isImporter(parent)) return;
    this.#known.add(url);
    const path = fileURLToPath(url);
    const folder = INSTALLED.exec(path.replaceAll('\\', '/'))?.[0];
    this.#add(this.#files, folder === undefined ? path : join(folder, 'package.json'));
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
  const [name] = /^(?:@[^/]+\/)?[^./#@][^/:]*/.exec(specifier) ?? [];
  return name === undefined || parent === undefined ? [] : installFolders(dirname(fileURLToPath(parent)), name);
}

/** Where an installation would put a package for the files of a folder. */
function installFolders(folder: string, name: string): readonly string[] {
  const isPackage = existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'));
  const here = isPackage ? [join(folder, 'node_modules', name)] : [];
  return folder === dirname(folder) ? here : [...here, ...installFolders(dirname(folder), name)];
}
