import { type Address, parseAddress } from '../config-loader/address.ts';
import type { ImportReport } from './import-report.ts';
import { paramName } from './names.ts';
import type { DocumentedOperation } from './operations.ts';

/** Where the route of an operation stands. */
export interface RouteName {
  readonly file: string;
  readonly address: Address;
  /** The path of the backend in the notation of routes. */
  readonly backendPattern: string;
  /** The route's names of the params in the document's path. */
  readonly params: ReadonlyMap<string, string>;
}

const BY_HAND = 'remove it from the document, and write that route by hand';

/**
 * The file of an operation, by the rules of the router.
 * @param under the address of all routes: `/api/catalog`, or '' for none.
 * @param isFolder whether other operations have addresses below it.
 * @returns undefined after a mistake.
 */
export function routeNameOf(
  { path, method, pointer }: DocumentedOperation,
  { under, isFolder }: { readonly under: string; readonly isFolder: boolean },
  report: ImportReport,
): RouteName | undefined {
  const refuse = (message: string, remedy = BY_HAND): undefined => {
    report.mistake(pointer, message, remedy);
  };
  const reason = reasonAgainstPath(path);
  if (reason !== undefined) return refuse(reason);
  const params = new Map<string, string>();
  const steps = path === '/' ? [] : path.slice(1).split('/');
  const names: string[] = [];
  const backend: string[] = [];
  for (const step of steps) {
    const [, param] = /^\{([^{}]+)\}$/.exec(step) ?? [];
    if (param !== undefined) {
      if (params.has(param)) return refuse(`two params of the path are called "${param}"`, 'rename one');
      params.set(param, paramName(param));
      names.push(`[${paramName(param)}]`);
      backend.push(`[${paramName(param)}]`);
    } else {
      if (/[{}]/.test(step)) return refuse(`a param of a route is a whole segment, which "${step}" is not`);
      const text = literalOf(step);
      if (text === undefined) return refuse(`no folder can have the name of the segment "${step}"`);
      names.push(text);
      backend.push(encodeURI(decodeURI(step)));
    }
  }
  if (new Set(params.values()).size < params.size) {
    return refuse(`the params of ${path} would have the same names in the route`, 'rename one in the document');
  }
  const texts = [...under.split('/').filter(text => text !== ''), ...names];
  const file = ['routes', ...fileSteps(texts, isFolder)].join('/').concat(`.${method}.ts`);
  const address = parseAddress(file, new Map());
  if (!('segments' in address)) return refuse(address.map(({ message }) => message).join('; '));
  if (address.pattern !== `/${texts.join('/')}`) return refuse(`${path} cannot be the name of a route file`);
  return { file, address, backendPattern: `/${backend.join('/')}`, params };
}

function reasonAgainstPath(path: string): string | undefined {
  if (!path.startsWith('/')) return 'a path begins with a slash';
  if (/[?#]/.test(path)) return 'a path has no query and no fragment';
  if (path !== '/' && path.endsWith('/')) return 'a route has no slash at its end';
  return path.includes('//') ? 'a route has no empty segment' : undefined;
}

/** The text of a segment as a name of a file or folder; undefined if it can be none, or would be no route. */
function literalOf(step: string): string | undefined {
  try {
    const text = decodeURIComponent(step);
    const isHidden = text.startsWith('_') || (text.startsWith('.') && text !== '.well-known');
    return isHidden || /[/\\\0-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Beside a folder of the same name the file is its index. */
function fileSteps(texts: readonly string[], isFolder: boolean): readonly string[] {
  const last = texts.at(-1);
  return last === undefined || isFolder || last === 'index' ? [...texts, 'index'] : texts;
}
