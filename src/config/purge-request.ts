import { addressTarget, EVERYTHING, everyHostTarget, type Purge, prefixTarget, tagTarget } from '../core/purge.ts';

/** Stored responses to invalidate; at least one of `tags`, `urls`, `prefixes` and `all` is set. */
export interface PurgeRequest {
  /** Responses with one of these tags, from `cache.tags`. */
  readonly tags?: readonly string[];
  /** Responses for these URLs: `https://shop.example/page?q=1` on that host, `/page?q=1` on every host. */
  readonly urls?: readonly string[];
  /** Responses for URLs with these prefixes: `https://shop.example/api/` on that host, `/api/` on every host. */
  readonly prefixes?: readonly string[];
  /** All responses. Default false. */
  readonly all?: boolean;
  /**
   * Whether the responses become stale and may be served during their revalidation. Default false: they are no longer
   * served.
   */
  readonly soft?: boolean;
}

/** A mistake in a purge request, with its place as a JSON pointer. */
export interface CommandMistake {
  readonly pointer: string;
  readonly detail: string;
}

/** Parses a purge request from outside, or returns all its mistakes. */
export function readPurgeRequest(
  value: unknown,
): { readonly command: PurgeRequest } | { readonly mistakes: readonly CommandMistake[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { mistakes: [{ pointer: '', detail: `must be an object of ${NAMES}` }] };
  }
  const mistakes = Object.entries(value).flatMap(([name, option]) => mistakesIn(name, option));
  if (mistakes.length > 0) return { mistakes };
  const request: PurgeRequest = value;
  if (purgeOf(request).targets.length > 0) return { command: request };
  return { mistakes: [{ pointer: '', detail: 'names nothing to purge: give tags, urls, prefixes, or all: true' }] };
}

const NAMES = 'tags, urls, prefixes, all and soft';

function mistakesIn(name: string, option: unknown): readonly CommandMistake[] {
  if (option === undefined) return [];
  const pointer = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  switch (name) {
    case 'tags':
      return mistakesInList(pointer, option, text => text !== '', 'must be a tag, which is a text and not empty');
    case 'urls':
    case 'prefixes':
      return mistakesInList(pointer, option, isAddress, 'must be a path such as /page, or an http(s) address');
    case 'all':
    case 'soft':
      return typeof option === 'boolean' ? [] : [{ pointer, detail: 'must be true or false' }];
    default:
      return [{ pointer, detail: `is unknown; known: ${NAMES}` }];
  }
}

function mistakesInList(
  pointer: string,
  list: unknown,
  fits: (text: string) => boolean,
  detail: string,
): readonly CommandMistake[] {
  if (!Array.isArray(list)) return [{ pointer, detail: 'must be a list of texts' }];
  return list.flatMap((item, i) =>
    typeof item === 'string' && fits(item) ? [] : [{ pointer: `${pointer}/${i}`, detail }],
  );
}

function isAddress(text: string): boolean {
  if (text.startsWith('/')) return URL.canParse(ANY_HOST + text);
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** The purge in the terms of the cache. */
export function purgeOf({ tags = [], urls = [], prefixes = [], all = false, soft = false }: PurgeRequest): Purge {
  const targets = [
    ...(all ? [EVERYTHING] : []),
    ...tags.map(tagTarget),
    ...urls.map(url => {
      const { host, path } = placeOf(url);
      return host === '' ? everyHostTarget(path) : addressTarget(host, path);
    }),
    ...prefixes.map(prefix => {
      const { host, path } = placeOf(prefix);
      return prefixTarget(host, path);
    }),
  ];
  return { kind: soft ? 'soft' : 'hard', targets };
}

/** Normalized like a browser's request: encoded, with the host in lower case and without a default port. */
function placeOf(text: string): { readonly host: string; readonly path: string } {
  const anyHost = text.startsWith('/');
  const { host, pathname, search } = new URL(anyHost ? ANY_HOST + text : text);
  return { host: anyHost ? '' : host, path: pathname + search };
}

// Prefix for a plain path, so that `//a/b` is parsed as a path and not as a host.
const ANY_HOST = 'http://any';
