import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { ProblemDraft } from './problem-draft.ts';

interface Manifest {
  readonly path: string;
  readonly text: string;
}

/** The package.json of a folder, or of the nearest folder above with one. */
function manifestOf(folder: string): Manifest | undefined {
  const path = join(folder, 'package.json');
  const text = textOf(path);
  if (text !== undefined) return { path, text };
  return folder === dirname(folder) ? undefined : manifestOf(dirname(folder));
}

/** The package.json that Node reads for the files of a folder. */
export function manifestPath(folder: string): string | undefined {
  return manifestOf(folder)?.path;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch {
    return undefined;
  }
}

/**
 * The position where a project's package.json is invalid JSON. Node then cannot import any file below it, so this is
 * the only problem reported.
 */
export function manifestMistake(root: string): ProblemDraft | undefined {
  const manifest = manifestOf(root);
  if (manifest === undefined) return undefined;
  const { path, text } = manifest;
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      code: 'P114',
      marks: [{ file: relative(root, path).split(sep).join('/'), spot: { in: 'text', ...placeIn(text, message) } }],
      message: `package.json is no JSON: ${message.replace(/ at position \d+.*$| \(line \d+ column \d+\)$/s, '')}`,
      remedy: 'correct the JSON',
    };
  }
}

/** The position that V8 reports, or the end of a truncated text. */
function placeIn(text: string, message: string): { line: number; column: number; length: number } {
  const [, line, column] = /line (\d+) column (\d+)/.exec(message) ?? [];
  if (line !== undefined) return { line: Number(line), column: Number(column), length: 1 };
  const lines = text.trimEnd().split(/\r?\n/);
  return { line: lines.length, column: Math.max(1, lines.at(-1)?.length ?? 1), length: 1 };
}

/** A line of `imports` in package.json. */
export interface Mapped {
  readonly specifier: string;
  readonly target: string;
}

/** The entry of `imports` that maps a `#name` to a path. */
export function mappedTo(importer: string, path: string): Mapped | undefined {
  const manifest = manifestOf(dirname(importer));
  if (manifest === undefined) return undefined;
  const lines = Object.entries(importsIn(manifest.text));
  const found = lines.flatMap(([specifier, value]) =>
    targetsIn(value).map((target): Mapped => ({ specifier, target })),
  );
  return found.find(({ target }) => resolve(dirname(manifest.path), target) === path);
}

/** The folder of the package.json that counts for a module; its own folder without one. */
export function manifestFolder(importer: string): string {
  return dirname(manifestOf(dirname(importer))?.path ?? importer);
}

/** Whether Node reads a file as CommonJS, unless its text has the syntax of a module. */
export function isCommonJs(path: string): boolean {
  if (/\.c[jt]s$/.test(path)) return true;
  return /\.[jt]s$/.test(path) && memberOf(manifestOf(dirname(path))?.text ?? '', 'type') !== 'module';
}

/** What that package.json declares in `imports`. */
export function declaredImports(importer: string): Readonly<Record<string, unknown>> {
  return importsIn(manifestOf(dirname(importer))?.text ?? '');
}

/** The path behind `#services` in a folder. */
export function servicesPath(root: string): string | undefined {
  const manifest = manifestOf(root);
  if (manifest === undefined) return undefined;
  const target = importsIn(manifest.text)['#services'];
  return typeof target === 'string' && target.startsWith('./') ? resolve(dirname(manifest.path), target) : undefined;
}

function importsIn(text: string): Readonly<Record<string, unknown>> {
  return Object(memberOf(text, 'imports') ?? {});
}

function memberOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text)?.[name];
  } catch {
    return undefined;
  }
}

/** A target may depend on conditions: `{ "development": "./a.ts", "default": "./b.ts" }`. */
function targetsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('./') ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsIn) : [];
}
