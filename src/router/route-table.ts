import type { Segment } from '../config/loaded-route.ts';
import type { ParamPlaces, Params } from '../core/exchange.ts';
import { allowed, type LeafEnding } from './leaf.ts';
import { patternVariants } from './pattern-variants.ts';
import { buildTrie, type Planted, type TrieNode, Walk } from './trie.ts';

export interface TableEntry<T> {
  readonly segments: readonly Segment[];
  /** In upper case; undefined matches every method. */
  readonly method: string | undefined;
  /** In lower case, without port; empty matches every host. */
  readonly hosts: readonly string[];
  readonly value: T;
}

type Match<T> =
  | { readonly kind: 'found'; readonly value: T; readonly params: Params; readonly places: ParamPlaces }
  /** The address exists, but not for this method: 405, or the gateway's own response to OPTIONS. */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' }
  /** No route belongs to this host: 421. */
  | { readonly kind: 'host' };

export interface RouteTable<T> {
  /**
   * @param host in lower case, without port.
   * @param segments decoded; `/` is `['']`, `/a/` is `['a', '']`.
   */
  readonly match: (method: string, host: string, segments: readonly string[]) => Match<T>;
}

const NONE = { kind: 'none' } as const;
const HOST = { kind: 'host' } as const;
const NO_PARAMS: Params = Object.freeze(Object.create(null));

export function compileTable<T>(entries: readonly TableEntry<T>[]): RouteTable<T> {
  const everywhere = plant(entries.filter(({ hosts }) => hosts.length === 0));
  const groups = new Map<string, TrieNode<T> | undefined>();
  for (const host of new Set(entries.flatMap(({ hosts }) => hosts))) {
    groups.set(host, plant(entries.filter(({ hosts }) => hosts.includes(host))));
  }
  return {
    match: (method, host, segments) => {
      const own = groups.get(host);
      if (own === undefined && everywhere === undefined) return groups.size === 0 ? NONE : HOST;
      const walk = new Walk<T>(method, segments);
      // A host's own group comes first, but a file for every host may still serve a method or a path that the group
      // lacks.
      const ending = (own && walk.find(own)) ?? (everywhere && walk.find(everywhere));
      if (ending !== undefined) {
        return { kind: 'found', value: ending.value, params: paramsOf(ending, segments), places: ending.params };
      }
      return walk.methods === undefined ? NONE : { kind: 'method', allow: allowed(walk.methods) };
    },
  };
}

function plant<T>(entries: readonly TableEntry<T>[]): TrieNode<T> | undefined {
  if (entries.length === 0) return undefined;
  const planted = entries.flatMap(({ segments, method, value }): Planted<T>[] =>
    patternVariants(segments).map(reading => ({ reading, method, value })),
  );
  return buildTrie(planted);
}

function paramsOf(ending: LeafEnding<unknown>, segments: readonly string[]): Params {
  if (ending.params.length === 0) return NO_PARAMS;
  // Without a prototype a param may have any name, even `__proto__`.
  const params: Record<string, string | readonly string[] | undefined> = Object.create(null);
  for (const { name, index, rest } of ending.params) params[name] = rest ? segments.slice(index) : segments[index];
  return params;
}
