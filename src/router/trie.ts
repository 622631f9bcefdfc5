import type { Matcher } from '../config/loaded-route.ts';
import { Leaf, type LeafEnding } from './leaf.ts';
import { compareMatchers } from './matchers.ts';
import type { PatternStep, PatternVariant } from './pattern-variants.ts';

/** A node of the trie, with its children in the order in which they are tried. */
export interface TrieNode<T> {
  readonly literals: ReadonlyMap<string, TrieNode<T>>;
  readonly branches: readonly Branch<T>[];
  /** The files that match all remaining segments. */
  readonly rest: Leaf<T> | undefined;
  /** The files that match a trailing slash here: a rest that may be empty. */
  readonly slash: Leaf<T> | undefined;
  /** The files that end here. */
  readonly here: Leaf<T> | undefined;
}

interface Branch<T> {
  readonly test: Matcher['test'] | undefined;
  readonly place: TrieNode<T>;
}

type ParamStep = Extract<PatternStep, { kind: 'param' }>;

/** A node under construction. */
class Growing<T> {
  readonly literals = new Map<string, Growing<T>>();
  readonly branches = new Map<string, { readonly step: ParamStep; readonly place: Growing<T> }>();
  readonly rest: LeafEnding<T>[] = [];
  readonly slash: LeafEnding<T>[] = [];
  readonly here: LeafEnding<T>[] = [];

  add(steps: readonly PatternStep[], ending: LeafEnding<T>): void {
    const [step, ...others] = steps;
    if (step === undefined) this.here.push(ending);
    else if (step.kind === 'rest') {
      this.rest.push(ending);
      if (step.optional) this.slash.push(ending);
    } else this.#next(step).add(others, ending);
  }

  #next(step: Exclude<PatternStep, { kind: 'rest' }>): Growing<T> {
    if (step.kind === 'literal') {
      const place = this.literals.get(step.text) ?? new Growing<T>();
      this.literals.set(step.text, place);
      return place;
    }
    const key = `${rank(step)} ${step.matcher?.name ?? ''}`;
    const branch = this.branches.get(key) ?? { step, place: new Growing<T>() };
    this.branches.set(key, branch);
    return branch.place;
  }

  finish(): TrieNode<T> {
    const branches = [...this.branches.values()].sort((a, b) => compareSteps(a.step, b.step));
    return {
      literals: new Map([...this.literals].map(([text, place]) => [text, place.finish()])),
      branches: branches.map(({ step, place }) => ({ test: step.matcher?.test, place: place.finish() })),
      rest: leafOf(this.rest),
      slash: leafOf(this.slash),
      here: leafOf(this.here),
    };
  }
}

function leafOf<T>(endings: readonly LeafEnding<T>[]): Leaf<T> | undefined {
  return endings.length === 0 ? undefined : new Leaf(endings);
}

/** matcher > param > optional; among optionals, one with a matcher is tried first. */
function rank(step: ParamStep): number {
  return (step.optional ? 2 : 0) + (step.matcher === undefined ? 1 : 0);
}

function compareSteps(a: ParamStep, b: ParamStep): number {
  if (rank(a) !== rank(b) || a.matcher === undefined || b.matcher === undefined) return rank(a) - rank(b);
  return compareMatchers(a.matcher, b.matcher);
}

export interface Planted<T> {
  readonly reading: PatternVariant;
  readonly method: string | undefined;
  readonly value: T;
}

export function buildTrie<T>(planted: readonly Planted<T>[]): TrieNode<T> {
  const root = new Growing<T>();
  for (const { reading, method, value } of planted) {
    root.add(reading.steps, { method, value, params: reading.params, omissions: reading.omissions });
  }
  return root.finish();
}

/**
 * Matches one path against a trie. Every node is visited at most once, so the cost is limited by the size of the trie
 * for any path.
 */
export class Walk<T> {
  /** The methods of files that match the path but not the method; undefined for none. */
  methods: Set<string> | undefined;
  readonly #method: string;
  readonly #segments: readonly string[];
  readonly #end: number;

  constructor(method: string, segments: readonly string[]) {
    this.#method = method;
    this.#segments = segments;
    // '/' is one empty segment in a request and no segment in an address.
    this.#end = segments.length === 1 && segments[0] === '' ? 0 : segments.length;
  }

  find(place: TrieNode<T>, index = 0): LeafEnding<T> | undefined {
    if (index === this.#end) return this.#finish(place.here);
    const segment = this.#segments[index] ?? '';
    const literal = place.literals.get(segment);
    const found = literal === undefined ? undefined : this.find(literal, index + 1);
    if (found !== undefined) return found;
    // A path with a trailing slash is a different one, and no param is empty: only a rest that may be empty matches it.
    // After other segments a rest keeps it.
    if (segment === '') return index === this.#end - 1 ? this.#finish(place.slash) : undefined;
    for (const branch of place.branches) {
      if (branch.test !== undefined && !branch.test(segment)) continue;
      const ending = this.find(branch.place, index + 1);
      if (ending !== undefined) return ending;
    }
    return this.#finish(place.rest);
  }

  #finish(leaf: Leaf<T> | undefined): LeafEnding<T> | undefined {
    if (leaf === undefined) return undefined;
    const ending = leaf.find(this.#method);
    if (ending === undefined) this.methods = new Set([...(this.methods ?? []), ...leaf.methods]);
    return ending;
  }
}
