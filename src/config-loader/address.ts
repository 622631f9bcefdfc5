import type { Matcher, Segment } from '../config/loaded-route.ts';
import { type NameMistake, parseSegment, wholeAddressMistakes } from './segment.ts';

/** The parsed name of a route file. */
export interface Address {
  readonly pattern: string;
  readonly label: string;
  readonly segments: readonly Segment[];
  readonly method: string | undefined;
}

const METHOD_SUFFIXES = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

/** Parses a path such as `routes/api/users/[id=int].get.ts`. */
export function parseAddress(file: string, matchers: ReadonlyMap<string, Matcher>): Address | readonly NameMistake[] {
  // Tools of macOS write accents as characters of their own (NFD); addresses of browsers and pages are in NFC.
  const folders = file.normalize('NFC').split('/').slice(1);
  const { name, method, mistakes } = splitSuffix((folders.pop() ?? '').replace(/\.m?[jt]s$/, ''));
  const texts = [...folders.filter(folder => !isGroup(folder)), ...(name === 'index' ? [] : [name])];
  const parsed = texts.map(text => parseSegment(text, matchers));
  const segments = parsed.flatMap(({ segment }) => segment ?? []);
  const all = [
    ...mistakes,
    ...parsed.flatMap(({ mistake }) => mistake ?? []),
    ...wholeAddressMistakes(segments, texts),
  ];
  if (all.length > 0) return all;
  return {
    pattern: `/${texts.join('/')}`,
    label: `/${segments.map(labelOf).join('/')}`,
    segments,
    method: method?.toUpperCase(),
  };
}

function isGroup(folder: string): boolean {
  return /^\([^()[\]]+\)$/.test(folder);
}

interface Suffix {
  readonly name: string;
  readonly method: string | undefined;
  readonly mistakes: readonly NameMistake[];
}

/** A dot inside brackets does not start a suffix: `[...rest]`. */
function splitSuffix(base: string): Suffix {
  const match = /^(.*[^.[])\.([^.[\]]+)$/.exec(base);
  const [, name, method] = match ?? [];
  if (name === undefined || method === undefined) return { name: base, method: undefined, mistakes: [] };
  if (METHOD_SUFFIXES.includes(method)) return { name, method, mistakes: [] };
  const mistake: NameMistake = {
    code: 'P101',
    part: `.${method}`,
    message: `unknown method suffix ".${method}"; known: ${METHOD_SUFFIXES.join(', ')}`,
    remedy: `name one of them, or write a dot that belongs to the path in a folder's name: ${base}/index.ts`,
  };
  return { name, method: undefined, mistakes: [mistake] };
}

function labelOf(segment: Segment): string {
  if (segment.kind === 'literal') return segment.text;
  return `{${segment.kind === 'rest' ? '...' : ''}${segment.name}${segment.optional ? '?' : ''}}`;
}
