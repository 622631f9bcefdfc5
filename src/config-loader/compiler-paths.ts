import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseLiteral } from './source/parse.ts';

/** A line of `paths` in tsconfig.json that fits an import. */
export interface PathAlias {
  /** `@/*`. */
  readonly pattern: string;
  /** What the compiler reads in its place: absolute, with `*`. */
  readonly targets: readonly string[];
  /** What stands for `*`. */
  readonly matched: string;
}

interface CompilerPaths {
  readonly lines: Readonly<Record<string, readonly string[]>>;
  readonly base: string;
}

/** The line of the nearest tsconfig.json that the compiler would take for an import; Node does not read that file. */
export function aliasOf(importer: string, specifier: string): PathAlias | undefined {
  const { lines, base } = pathsFor(dirname(importer)) ?? { lines: {}, base: '' };
  const fitting = Object.entries(lines).flatMap(([pattern, targets]) => {
    // `*` fits every package, too.
    const matched = pattern === '*' ? undefined : matchedBy(pattern, specifier);
    return matched === undefined ? [] : [{ pattern, matched, targets: targets.map(target => resolve(base, target)) }];
  });
  return fitting.toSorted((a, b) => prefixOf(b.pattern).length - prefixOf(a.pattern).length)[0];
}

function matchedBy(pattern: string, specifier: string): string | undefined {
  const [prefix = '', suffix] = pattern.split('*');
  if (suffix === undefined) return pattern === specifier ? '' : undefined;
  const fits = specifier.startsWith(prefix) && specifier.endsWith(suffix);
  return fits ? specifier.slice(prefix.length, specifier.length - suffix.length) : undefined;
}

function prefixOf(pattern: string): string {
  return pattern.split('*')[0] ?? '';
}

function pathsFor(folder: string): CompilerPaths | undefined {
  const text = textOf(join(folder, 'tsconfig.json'));
  if (text !== undefined) return pathsIn(join(folder, 'tsconfig.json'), text, new Set());
  return folder === dirname(folder) ? undefined : pathsFor(dirname(folder));
}

function pathsIn(path: string, text: string, seen: ReadonlySet<string>): CompilerPaths | undefined {
  const { compilerOptions, extends: parents } = Object(parseLiteral(text));
  const { paths, baseUrl } = Object(compilerOptions);
  if (typeof paths === 'object' && paths !== null) {
    return { lines: linesOf(paths), base: resolve(dirname(path), typeof baseUrl === 'string' ? baseUrl : '.') };
  }
  const inherited = [parents].flat().filter(parent => typeof parent === 'string');
  for (const parent of inherited.toReversed()) {
    const from = resolvedConfig(path, parent);
    const parentText = from === undefined || seen.has(from) ? undefined : textOf(from);
    const found = from && parentText !== undefined ? pathsIn(from, parentText, new Set([...seen, path])) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function linesOf(paths: object): Readonly<Record<string, readonly string[]>> {
  const lines = Object.entries(paths).map(([pattern, targets]): [string, readonly string[]] => [
    pattern,
    [targets].flat().filter(target => typeof target === 'string'),
  ]);
  return Object.fromEntries(lines.filter(([, targets]) => targets.length > 0));
}

/** The extension may be left out, and the config may be that of a package. */
function resolvedConfig(path: string, parent: string): string | undefined {
  for (const candidate of [parent, `${parent}.json`, `${parent}/tsconfig.json`]) {
    try {
      return createRequire(path).resolve(candidate);
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
