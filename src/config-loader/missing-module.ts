import { readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { aliasOf, type PathAlias } from './compiler-paths.ts';
import { realOf, specifiersIn, within } from './local-modules.ts';
import { declaredImports, type Mapped, manifestFolder, mappedTo } from './package-json.ts';
import type { Mark, ProblemDraft } from './problem-draft.ts';

/** An import of what Node cannot find. `missing` is a path, or the name of a package. */
export function missingModule(root: string, file: string, message: string): ProblemDraft {
  const [, missing = '', from] = /^(?:[\w ]+) ['"](.+)['"] .*?imported from (.+)$/s.exec(message) ?? [];
  const importer = from ?? join(root, file);
  const specifier = specifierOf(importer, missing);
  const mark: Mark = { file: within(root, importer), spot: { in: 'import', from: specifier } };
  const mapped = mappedTo(importer, missing);
  if (mapped !== undefined) return mappedToNothing(mark, mapped);
  if (isPath(missing)) return missingFile(root, { importer, missing, specifier, mark });
  const alias = aliasOf(importer, specifier);
  if (alias !== undefined) return compilerPath(importer, specifier, alias, mark);
  return missingPackage(root, { importer, missing, specifier, mark });
}

/** A package that exports other paths only. */
export function hiddenSubpath(root: string, file: string, message: string): ProblemDraft {
  const [, manifest = '', from] = / in (.+?package\.json)(?: imported from (.+))?$/s.exec(message) ?? [];
  const [, subpath = '.'] = /Package subpath '(.+?)'/.exec(message) ?? [];
  const importer = from ?? join(root, file);
  const name = nameIn(manifest);
  const specifier = name + subpath.slice(1);
  return {
    code: 'P114',
    marks: [{ file: within(root, importer), spot: { in: 'import', from: specifier } }],
    message: `the package ${name} does not export '${specifier}'`,
    remedy: exportsOf(manifest, name),
  };
}

interface Missing {
  readonly importer: string;
  readonly missing: string;
  readonly specifier: string;
  readonly mark: Mark;
}

function isPath(missing: string): boolean {
  return missing.startsWith('/') || /^[A-Za-z]:/.test(missing);
}

/** The import as it is written: Node names the package of `a/b`, or the path behind it. */
function specifierOf(importer: string, missing: string): string {
  const slashed = missing.split(sep).join('/');
  const isMeant = (specifier: string) =>
    specifier === missing ||
    specifier.startsWith(`${missing}/`) ||
    slashed.endsWith(`/node_modules/${specifier}`) ||
    (specifier.startsWith('.') && resolve(dirname(importer), specifier) === missing);
  return specifiersIn(importer).find(isMeant) ?? missing;
}

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '/index.ts', '/index.mts', '/index.js', '/index.mjs'];

/** The file that an incomplete path means, or a file name after compilation. */
function fileMeantBy(path: string): string | undefined {
  const source = path.replace(/\.(m?)js$/, '.$1ts');
  const spellings = [...(source === path ? [] : [source]), ...EXTENSIONS.map(extension => path + extension)];
  return [path, ...spellings].find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function mappedToNothing(mark: Mark, { specifier, target }: Mapped): ProblemDraft {
  return {
    code: 'P114',
    marks: [{ ...mark, spot: { in: 'import', from: specifier } }],
    message: `package.json "imports" maps ${specifier} to ${target}, which does not exist`,
    remedy: `create ${target.replace(/^\.\//, '')}, or correct the line in package.json`,
    once: true,
  };
}

function missingFile(root: string, { importer, missing, mark }: Missing): ProblemDraft {
  const meant = fileMeantBy(missing);
  if (meant !== undefined) {
    return {
      code: 'P112',
      marks: [mark],
      message: 'Node imports files by their whole name',
      remedy: `write '${relativeSpecifier(importer, meant)}'`,
    };
  }
  const [, inPackage] = /.*[\\/]node_modules[\\/](.+)$/.exec(missing) ?? [];
  if (inPackage !== undefined) {
    const message = `there is no file ${inPackage.split(sep).join('/')} in node_modules`;
    return { code: 'P114', marks: [mark], message, remedy: 'correct the path, or install the version that has it' };
  }
  const message = `there is no ${within(root, missing)}`;
  return { code: 'P114', marks: [mark], message, remedy: 'create the file, or correct the path' };
}

/** A scope, a name; what npm would refuse is no package. */
const PACKAGE = /^(?:@[a-z\d-][\w.-]*\/)?[a-z\d-][\w.-]*$/;

function missingPackage(root: string, { importer, missing, specifier, mark }: Missing): ProblemDraft {
  const marks = [mark] as const;
  // `baseUrl` of the compiler, or a habit of other tools: a path from the project's folder.
  const meant = fileMeantBy(join(root, specifier));
  if (meant !== undefined) {
    const remedy = `write '${relativeSpecifier(importer, meant)}'`;
    return { code: 'P114', marks, message: `Node looks for '${specifier}' among packages only`, remedy };
  }
  // npm has packages of these names, which are empty or somebody else's.
  if (isBuiltin(missing)) {
    return { code: 'P114', marks, message: `Node has no module '${specifier}'`, remedy: 'correct the name' };
  }
  if (PACKAGE.test(missing)) {
    const remedy = `install it: npm install ${missing}`;
    return { code: 'P114', marks, message: `there is no package "${missing}"`, remedy };
  }
  return {
    code: 'P114',
    marks,
    message: `'${specifier}' is neither a path nor the name of a package`,
    remedy: 'write a path that begins with ./ or ../, or a name of "imports" in package.json, which begins with #',
  };
}

function relativeSpecifier(importer: string, path: string): string {
  const written = relative(dirname(realOf(importer)), realOf(path)).replaceAll('\\', '/');
  return written.startsWith('.') ? written : `./${written}`;
}

/** Node has a counterpart in package.json, which the compiler reads as well. */
function compilerPath(importer: string, specifier: string, alias: PathAlias, mark: Mark): ProblemDraft {
  return {
    code: 'P176',
    marks: [mark],
    message: `'${specifier}' is one of "paths" in tsconfig.json, which Node does not read`,
    remedy: declaredInstead(importer, alias),
  };
}

function declaredInstead(importer: string, { pattern, targets, matched }: PathAlias): string {
  const files = targets.map(target => ({ target, file: fileMeantBy(target.replace('*', matched)) }));
  const { target = '', file } = files.find(each => each.file !== undefined) ?? files[0] ?? {};
  const path = file ?? withExtension(target.replace('*', matched));
  const folder = manifestFolder(importer);
  const declared = `./${relative(folder, target.includes('*') ? target : path)
    .split(sep)
    .join('/')}`;
  // A package cannot map to what is outside of its folder.
  if (declared.startsWith('./..')) return `write '${relativeSpecifier(importer, path)}'`;
  const known = Object.entries(declaredImports(importer)).find(([, value]) => value === declared)?.[0];
  const name = known ?? nameFor(pattern, declared);
  const [prefix = '', suffix] = target.split('*');
  const starred = suffix === undefined ? '' : relative(prefix, path.slice(0, path.length - suffix.length));
  const write = `write '${name.replace('*', starred.split(sep).join('/'))}'`;
  return known === undefined ? `add to package.json: "imports": { "${name}": "${declared}" }, and ${write}` : write;
}

function withExtension(path: string): string {
  return /\.[cm]?[jt]sx?$|\.json$/.test(path) ? path : `${path}.ts`;
}

/** `@lib/*` is `#lib/*`; `@/*` has no word, so its folder is the name. Node has kept `#/` for itself. */
function nameFor(pattern: string, declared: string): string {
  const star = declared.includes('*') ? '/*' : '';
  const word = pattern.replace(/^[^\w]+/, '').replace(/\/?\*.*$/, '');
  const folder = declared.replace(/^\.\//, '').replace(/\/?\*.*$/, '');
  return `#${word || folder || 'root'}${star}`;
}

function nameIn(manifest: string): string {
  const [, name] = /.*[\\/]node_modules[\\/](.+)[\\/]package\.json$/.exec(manifest) ?? [];
  return (name ?? String(jsonIn(manifest).name ?? '')).split(sep).join('/');
}

/** How many paths a remedy lists. */
const LISTED = 8;

function exportsOf(manifest: string, name: string): string {
  const { exports } = jsonIn(manifest);
  const keys = typeof exports === 'object' && exports !== null ? Object.keys(exports) : [];
  const paths = keys.filter(key => key.startsWith('.') && key !== './package.json').map(key => name + key.slice(1));
  const listed = (paths.length === 0 ? [name] : paths).slice(0, LISTED).join(', ');
  return `import what it exports: ${listed}${paths.length > LISTED ? ', …' : ''}`;
}

function jsonIn(path: string): { readonly name?: unknown; readonly exports?: unknown } {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {};
  }
}
