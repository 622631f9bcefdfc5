import { lstatSync } from 'node:fs';
import { type RegisterHooksOptions, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

type Resolve = NonNullable<RegisterHooksOptions['resolve']>;
type Resolution = ReturnType<Resolve>;

/** A package, `#services` or `node:fs`, in contrast to a path or a URL. */
const BARE = /^(?![./]|[a-z][a-z\d+.-]*:)/i;
const SCRIPT = /^file:\/\/\/[^?#]+\.m?[jt]s$/;
/** A URL that can be written in one way only. */
const PLAIN = /^[\w@.+/:-]+$/;

/**
 * Makes the imports of thousands of files in the same folders cheap: what a package name means depends on the folder of
 * the file that imports it, and whether a path leads through links does as well. Node finds both out for each file.
 */
export function rememberResolutions(): void {
  registerHooks({ resolve: resolutionMemo() });
}

/** The hook behind it. It asks the next one where a folder is new, and whenever something is unusual. */
function resolutionMemo(): Resolve {
  const packages = new Map<string, Resolution>();
  const formats = new Map<string, Resolution['format']>();
  return (specifier, context, next) => {
    const { parentURL, conditions, importAttributes } = context;
    // A `require` remembers by folder already, and has rules of its own.
    if (!conditions.includes('import')) return next(specifier, context);
    const kind = `${conditions.join()} ${importAttributes.type ?? ''}`;
    if (BARE.test(specifier)) {
      if (parentURL === undefined) return next(specifier, context);
      const key = `${folderOf(parentURL)} ${specifier} ${kind}`;
      const known = packages.get(key);
      if (known !== undefined) return known;
      const resolved = { ...next(specifier, context), shortCircuit: true };
      packages.set(key, resolved);
      return resolved;
    }
    const url = urlOf(specifier, parentURL);
    if (url === undefined || !isRegularFile(url)) return next(specifier, context);
    const key = `${folderOf(url)} ${url.slice(url.lastIndexOf('.'))} ${kind}`;
    if (formats.has(key)) return { url, format: formats.get(key), importAttributes, shortCircuit: true };
    const resolved = next(specifier, context);
    // Elsewhere some folder of its path is a link.
    if (resolved.url === url) formats.set(key, resolved.format);
    return resolved;
  };
}

function folderOf(url: string): string {
  return url.slice(0, url.lastIndexOf('/'));
}

function urlOf(specifier: string, parent: string | undefined): string | undefined {
  const url = specifier.startsWith('.') && parent !== undefined ? URL.parse(specifier, parent)?.href : specifier;
  return url !== undefined && SCRIPT.test(url) && isCanonical(url) ? url : undefined;
}

/** Whether Node writes the URL so, too: two spellings of one file would be two modules. */
function isCanonical(url: string): boolean {
  if (PLAIN.test(url)) return true;
  try {
    return pathToFileURL(fileURLToPath(url)).href === url;
  } catch {
    return false;
  }
}

function isRegularFile(url: string): boolean {
  return lstatSync(new URL(url), { throwIfNoEntry: false })?.isFile() === true;
}
