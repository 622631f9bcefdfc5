import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingExport } from './missing-export.ts';
import { type Mapped, mappedTo } from './package-json.ts';
import type { Position } from './problem.ts';
import type { Mark, ProblemDraft, Spot } from './problem-draft.ts';
import { syntaxMistake } from './source/parse.ts';
import { notStrippable } from './strip-error.ts';

/**
 * Describes why Node could not import a file of the project, with the remedy. The mistake may be in a module that the
 * file imports.
 */
export function importError(root: string, file: string, error: unknown): ProblemDraft {
  if (!(error instanceof Error)) return thrown(file, String(error), { in: 'file' });
  const code = 'code' in error ? error.code : undefined;
  const shown = shownByNode(root, error) ?? { file, spot: { in: 'file' } };
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return notStrippable(shown, error.message);
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') return brokenSyntax(shown, error.message);
  if (code === 'ERR_PACKAGE_IMPORT_NOT_DEFINED') return undeclaredImport(root, file, error.message);
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT') return notFound(root, file, error);
  if (code === 'ERR_IMPORT_ATTRIBUTE_MISSING') return missingAttribute(root, file, error.message);
  const lacking = /requested module '(.+)' does not provide an export named '(.+)'/.exec(error.message);
  if (lacking?.[1] !== undefined && lacking[2] !== undefined) {
    return missingExport(root, shown.file, { from: lacking[1], name: lacking[2] });
  }
  if (error instanceof SyntaxError) return foundByParsing(root, file, error) ?? brokenSyntax(shown, error.message);
  return thrown(...(thrownAt(root, error) ?? [file, error.message, { in: 'file' } as const]));
}

/**
 * Node prints the source lines before the stack: `file:///routes/a.ts:2`, a line or two, and `^^^` below the position.
 * A longer excerpt has `>` before its first and last line instead.
 */
function shownByNode(root: string, error: Error): Mark | undefined {
  const match = /^(file:\/\/.+):(\d+)\n([\s\S]*?)\n\s*(?:at |\w*Error)/.exec(error.stack ?? '');
  if (match?.[1] === undefined) return undefined;
  const path = fileURLToPath(match[1]);
  const line = Number(match[2]);
  const carets = /^( *)(\^+)$/m.exec(match[3] ?? '');
  const text = textOf(path).split(/\r?\n/)[line - 1] ?? '';
  const column = carets?.[1]?.length ?? text.length - text.trimStart().length;
  const length = carets?.[2]?.length ?? text.trim().length;
  return { file: within(root, path), spot: { in: 'text', line, column: column + 1, length } };
}

function brokenSyntax(mark: Mark, message: string): ProblemDraft {
  return { code: 'P114', marks: [mark], message: `syntax error: ${message}`, remedy: 'correct the line' };
}

/** V8 does not report the position: it is in the file itself or in a module that it imports. */
function foundByParsing(root: string, file: string, error: Error): ProblemDraft | undefined {
  const waiting = [file];
  const seen = new Set(waiting);
  for (const candidate of waiting) {
    const text = textOf(join(root, candidate));
    const mistake = syntaxMistake(candidate, text);
    if (mistake !== undefined) {
      const spot: Spot = { in: 'text', line: mistake.line, column: mistake.column, length: 1 };
      return brokenSyntax({ file: candidate, spot }, error.message);
    }
    for (const [, specifier] of text.matchAll(/\bfrom\s+['"](\.[^'"]+)['"]/g)) {
      const next = within(root, resolve(dirname(join(root, candidate)), specifier ?? ''));
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return undefined;
}

function thrownAt(root: string, error: Error): [string, string, Spot] | undefined {
  const place = positionThrown(root, error);
  if (place === undefined) return undefined;
  const { file, line, column } = place;
  return [file, error.message, { in: 'text', line, column, length: 1 }];
}

/** The first stack frame of an error in a file of the project, outside node_modules. */
export function positionThrown(root: string, error: Error): (Position & { readonly path: string }) | undefined {
  for (const [, url, line, column] of (error.stack ?? '').matchAll(/(file:\/\/[^\s)]+):(\d+):(\d+)/g)) {
    const path = fileURLToPath(url ?? '');
    if (!path.startsWith(root + sep) || path.includes(`${sep}node_modules${sep}`)) continue;
    return { file: within(root, path), path, line: Number(line), column: Number(column) };
  }
  return undefined;
}

function thrown(file: string, message: string, spot: Spot): ProblemDraft {
  if (message.startsWith('require is not defined')) {
    return {
      code: 'P114',
      marks: [{ file, spot }],
      message: 'the file is a module, and a module has no require',
      remedy: "write import { … } from '…'",
    };
  }
  return {
    code: 'P114',
    marks: [{ file, spot }],
    message: `thrown while the file was imported: ${message}`,
    remedy: 'correct it, or do it when a request comes: a file is imported once, before any request',
  };
}

function missingAttribute(root: string, file: string, message: string): ProblemDraft {
  const [, url = '', type = 'json'] = /^Module "(.+?)" needs an import attribute of "type: (.+?)"/.exec(message) ?? [];
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const written = [...textOf(join(root, file)).matchAll(/\bfrom\s+['"](\.[^'"]+)['"]/g)]
    .map(([, specifier = '']) => specifier)
    .find(specifier => resolve(dirname(join(root, file)), specifier) === path);
  return {
    code: 'P114',
    marks: [{ file, spot: written === undefined ? { in: 'file' } : { in: 'import', from: written } }],
    message: `an import of ${type.toUpperCase()} says so`,
    remedy: `write import … from '${written ?? within(root, path)}' with { type: '${type}' }`,
  };
}

function undeclaredImport(root: string, file: string, message: string): ProblemDraft {
  const [, specifier = '#services', importer] =
    /specifier "(.+?)" is not defined.* imported from (.+)$/.exec(message) ?? [];
  const target = specifier === '#services' ? './services.ts' : `./${specifier.slice(1)}.ts`;
  return {
    code: 'P113',
    marks: [{ file: importer === undefined ? file : within(root, importer), spot: { in: 'import', from: specifier } }],
    message: `"${specifier}" is not declared`,
    remedy: `add to package.json: "imports": { "${specifier}": "${target}" }`,
    once: true,
  };
}

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '/index.ts', '/index.mts', '/index.js', '/index.mjs'];

/** Likely files for an incomplete path, or for the file name after compilation. */
function spellings(missing: string): readonly string[] {
  const source = missing.replace(/\.(m?)js$/, '.$1ts');
  return [...(source === missing ? [] : [source]), ...EXTENSIONS.map(extension => missing + extension)];
}

function mappedToNothing(file: string, { specifier, target }: Mapped): ProblemDraft {
  return {
    code: 'P114',
    marks: [{ file, spot: { in: 'import', from: specifier } }],
    message: `package.json "imports" maps ${specifier} to ${target}, which does not exist`,
    remedy: `create ${target.replace(/^\.\//, '')}, or correct the line in package.json`,
    once: true,
  };
}

function notFound(root: string, file: string, error: Error): ProblemDraft {
  const [, missing = '', importer] = /'(.+)' .*?imported from (.+)$/.exec(error.message) ?? [];
  const from = importer ?? join(root, file);
  const mark: Mark = { file: within(root, from), spot: { in: 'import', from: missing } };
  const mapped = mappedTo(from, missing);
  if (mapped !== undefined) return mappedToNothing(mark.file, mapped);
  const meant = spellings(missing).find(candidate => existsSync(candidate));
  if (meant !== undefined) {
    const written = relative(dirname(from), meant).replaceAll('\\', '/');
    const specifier = written.startsWith('.') ? written : `./${written}`;
    return {
      code: 'P112',
      marks: [mark],
      message: 'Node imports files by their whole name',
      remedy: `write '${specifier}'`,
    };
  }
  const isPackage = !missing.startsWith('/') && !/^[A-Za-z]:/.test(missing);
  return {
    code: 'P114',
    marks: [mark],
    message: `there is no ${isPackage ? `package "${missing}"` : within(root, missing)}`,
    remedy: isPackage ? `install it: npm install ${missing}` : 'create the file, or correct the path',
  };
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function within(root: string, path: string): string {
  return relative(root, path).split(sep).join('/');
}
