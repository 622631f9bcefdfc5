import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modulesFrom, resolvedFrom, within } from './local-modules.ts';
import { missingExport, namedImportOfCommonJs } from './missing-export.ts';
import { hiddenSubpath, missingModule } from './missing-module.ts';
import type { Position } from './problem.ts';
import type { Mark, ProblemDraft, Spot } from './problem-draft.ts';
import { syntaxMistake } from './source/parse.ts';
import { notStrippable } from './strip-error.ts';

const NOT_FOUND: ReadonlySet<unknown> = new Set([
  'ERR_MODULE_NOT_FOUND',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_INVALID_MODULE_SPECIFIER',
]);

/**
 * Describes why Node could not import a file of the project, with the remedy. The mistake may be in a module that the
 * file imports.
 */
export function importError(root: string, file: string, error: unknown): ProblemDraft {
  if (!(error instanceof Error)) return thrown(file, String(error), { in: 'file' });
  const code = 'code' in error ? error.code : undefined;
  const shown = shownByNode(root, error) ?? { file, spot: { in: 'file' } };
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return notStrippable(shown, error.message);
  if (code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') return brokenSyntax(root, shown, error.message);
  if (code === 'ERR_PACKAGE_IMPORT_NOT_DEFINED') return undeclaredImport(root, file, error.message);
  if (code !== undefined && NOT_FOUND.has(code)) return missingModule(root, file, error.message);
  if (code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return hiddenSubpath(root, file, error.message);
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') return typesInPackage(root, file, error.message);
  if (code === 'ERR_UNKNOWN_BUILTIN_MODULE') return noBuiltin(root, file, error.message);
  if (code === 'ERR_UNSUPPORTED_ESM_URL_SCHEME') return strangeScheme(root, file, error.message);
  if (code === 'ERR_IMPORT_ATTRIBUTE_MISSING') return missingAttribute(root, file, error.message);
  const common = /^Named export '(.+)' not found\. The requested module '(.+)' is a CommonJS module/.exec(
    error.message,
  );
  if (common?.[1] !== undefined && common[2] !== undefined) {
    return namedImportOfCommonJs(shown.file, { name: common[1], from: common[2] });
  }
  const lacking = /requested module '(.+)' does not provide an export named '(.+)'/.exec(error.message);
  if (lacking?.[1] !== undefined && lacking[2] !== undefined) {
    return missingExport(root, shown.file, { from: lacking[1], name: lacking[2] });
  }
  if (error instanceof SyntaxError)
    return foundByParsing(root, file, error) ?? brokenSyntax(root, shown, error.message);
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

function brokenSyntax(root: string, mark: Mark, message: string): ProblemDraft {
  if (isDecorator(root, mark)) return notStrippable(mark, 'decorator');
  return { code: 'P114', marks: [mark], message: `syntax error: ${message}`, remedy: 'correct the line' };
}

/** V8 knows none, and says only that a character is unexpected. */
function isDecorator(root: string, { file, spot }: Mark): boolean {
  if (spot.in !== 'text') return false;
  const line = textOf(join(root, file)).split(/\r?\n/)[spot.line - 1] ?? '';
  return /^@[\w$(]/.test(line.slice(spot.column - 1));
}

/** V8 does not report the position: it is in the file itself or in a module that it imports. */
function foundByParsing(root: string, file: string, error: Error): ProblemDraft | undefined {
  for (const { path } of modulesFrom(join(root, file))) {
    const mistake = syntaxMistake(path, textOf(path));
    if (mistake === undefined) continue;
    const spot: Spot = { in: 'text', line: mistake.line, column: mistake.column, length: 1 };
    return brokenSyntax(root, { file: within(root, path), spot }, error.message);
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
  for (const [, url, line, column] of (error.stack ?? '').matchAll(/(file:\/\/\S+?):(\d+):(\d+)\)?$/gm)) {
    const path = fileURLToPath(url ?? '');
    const inProject = within(root, path);
    if (inProject.startsWith('..') || path.includes(`${sep}node_modules${sep}`)) continue;
    return { file: inProject, path, line: Number(line), column: Number(column) };
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
  const { importer, specifier } = importOf(join(root, file), path);
  const written = specifier ?? within(root, path);
  const isDynamic = new RegExp(`\\bimport\\(\\s*(['"\`])${RegExp.escape(written)}\\1\\s*\\)`).test(textOf(importer));
  const remedy = isDynamic
    ? `write import('${written}', { with: { type: '${type}' } })`
    : `write import … from '${written}' with { type: '${type}' }`;
  const spot: Spot = specifier === undefined ? { in: 'file' } : { in: 'import', from: specifier };
  const marks = [{ file: within(root, importer), spot }] as const;
  return { code: 'P114', marks, message: `an import of ${type.toUpperCase()} says so`, remedy };
}

/** Node does not name the module with the import: it is the file itself or a module that it imports. */
function importOf(file: string, path: string): { readonly importer: string; readonly specifier?: string } {
  for (const { path: importer, specifiers } of modulesFrom(file)) {
    const specifier = specifiers.find(each => resolvedFrom(importer, each) === path);
    if (specifier !== undefined) return { importer, specifier };
  }
  return { importer: file };
}

/** A package of a workspace is linked, and Node reads its TypeScript; a copy of it is below node_modules. */
function typesInPackage(root: string, file: string, message: string): ProblemDraft {
  const [, name = ''] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(message) ?? [];
  const isMeant = (specifier: string) => specifier === name || specifier.startsWith(`${name}/`);
  const mark = importWhere(root, file, isMeant);
  return {
    code: 'P114',
    marks: [mark],
    message: `the package ${name} is in TypeScript, and Node strips no types below node_modules`,
    remedy: 'compile it, and let "exports" of its package.json name the JavaScript',
  };
}

function noBuiltin(root: string, file: string, message: string): ProblemDraft {
  const [, name = ''] = /: (node:.+)$/.exec(message) ?? [];
  const mark = importWhere(root, file, each => each === name);
  return { code: 'P114', marks: [mark], message: `Node has no module '${name}'`, remedy: 'correct the name' };
}

function strangeScheme(root: string, file: string, message: string): ProblemDraft {
  const [, scheme = ''] = /Received protocol '(.+)'/.exec(message) ?? [];
  const isMeant = (specifier: string) => specifier.startsWith(scheme);
  const mark = importWhere(root, file, isMeant);
  return {
    code: 'P114',
    marks: [mark],
    message: `Node imports nothing by ${scheme}`,
    remedy: 'install the package that has it, and import it by its name',
  };
}

/** The import of a file, or of a module that it imports, which Node does not name; the file itself without one. */
function importWhere(root: string, file: string, isMeant: (specifier: string) => boolean): Mark {
  for (const { path, specifiers } of modulesFrom(join(root, file))) {
    const from = specifiers.find(isMeant);
    if (from !== undefined) return { file: within(root, path), spot: { in: 'import', from } };
  }
  return { file, spot: { in: 'file' } };
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

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
