import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { nearest } from './nearest.ts';
import { isCommonJs } from './package-json.ts';
import type { ProblemDraft } from './problem-draft.ts';
import { exportedNames } from './source/exported.ts';

interface RequestedExport {
  readonly from: string;
  readonly name: string;
}

/** A missing export at run time, usually a type, which is removed before. */
export function missingExport(root: string, file: string, { from, name }: RequestedExport): ProblemDraft {
  const marks = [{ file, spot: { in: 'import', from, name } }] as const;
  if (from.endsWith('.json')) {
    const message = `'${from}' is JSON, which has a default export only`;
    return { code: 'P114', marks, message, remedy: `import the whole of it by a name, and write that name.${name}` };
  }
  const path = pathOf(join(root, file), from);
  const values = valuesOf(from, path);
  if (values.length === 0 && isCommonJs(path)) return namedImportOfCommonJs(file, { from, name });
  const text = declarations(path);
  if (declaresType(text, name)) {
    return {
      code: 'P111',
      marks,
      message: `"${name}" is a type, and types are gone when Node imports the file`,
      remedy: `write import { type ${name} } from '${from}', or import type { ${name} } from '${from}'`,
    };
  }
  return {
    code: 'P114',
    marks,
    message: `'${from}' does not export "${name}"`,
    remedy: remedyOf({ from, name }, values, exportedTypes(text)),
  };
}

/** Node guesses the names of a CommonJS module from its text, and does not find each. */
export function namedImportOfCommonJs(file: string, { from, name }: RequestedExport): ProblemDraft {
  return {
    code: 'P114',
    marks: [{ file, spot: { in: 'import', from, name } }],
    message: `'${from}' is a CommonJS module, in which Node finds no export "${name}"`,
    remedy: `import the whole of it: import all from '${from}'; const { ${name} } = all`,
  };
}

function valuesOf(from: string, path: string): readonly string[] {
  return isBuiltin(from) ? Object.keys(process.getBuiltinModule(from) ?? {}) : exportedNames(path);
}

function remedyOf({ from, name }: RequestedExport, values: readonly string[], types: readonly string[]): string {
  // An export cannot be added to a package.
  const otherwise = /^[./#]/.test(from) ? 'export it there' : 'import what it exports';
  const listed = values.length === 0 ? 'it exports nothing by name' : `it exports ${values.join(', ')}`;
  const near = nearest(name, [...values, ...types]);
  // A module of Node exports a hundred names, which its documentation has.
  if (near === undefined) return isBuiltin(from) ? otherwise : `${otherwise}; ${listed}`;
  if (values.includes(near)) return `did you mean "${near}"? else ${otherwise}`;
  return `did you mean the type "${near}"? write import { type ${near} } from '${from}'; else ${otherwise}`;
}

function declaresType(text: string, name: string): boolean {
  if (!/^[\w$]+$/.test(name)) return false;
  const word = name.replaceAll('$', '\\$');
  return new RegExp(`\\b(?:type|interface)\\s+${word}\\b|\\btype\\s*\\{[^}]*\\b${word}\\b`).test(text);
}

function exportedTypes(text: string): readonly string[] {
  const alone = [...text.matchAll(/\bexport\s+(?:declare\s+)?(?:type|interface)\s+([\w$]+)/g)].map(([, name]) => name);
  const lists = [...text.matchAll(/\bexport\s+(type\s*)?\{([^}]*)\}/g)].flatMap(([, all, list = '']) =>
    list.split(',').flatMap(item => (all || /^\s*type\s/.test(item) ? /([\w$]+)\s*$/.exec(item)?.[1] : [])),
  );
  return [...alone, ...lists].filter(name => name !== undefined);
}

function pathOf(importer: string, from: string): string {
  try {
    return createRequire(importer).resolve(from);
  } catch {
    return '';
  }
}

/** The text with the declarations of a module: its own, or that of the `.d.ts` beside it. */
function declarations(path: string): string {
  const declaration = path.replace(/\.([cm]?)js$/, '.d.$1ts');
  try {
    return readFileSync(existsSync(declaration) ? declaration : path, 'utf8');
  } catch {
    return '';
  }
}
