import type { ParamPlaces } from '../core/exchange.ts';

/** A route file whose address ends at one node of the trie. */
export interface LeafEnding<T> {
  readonly method: string | undefined;
  readonly value: T;
  readonly params: ParamPlaces;
  readonly omissions: string;
}

const ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The files that end at one node: the best file for each method, chosen at load. */
export class Leaf<T> {
  /** The methods that some file here names; GET includes HEAD. */
  readonly methods: readonly string[];
  readonly #byMethod = new Map<string, LeafEnding<T>>();
  readonly #any: LeafEnding<T> | undefined;

  constructor(endings: readonly LeafEnding<T>[]) {
    this.methods = methodsOf(endings);
    for (const method of this.methods) {
      const ending = bestFor(method, endings);
      if (ending !== undefined) this.#byMethod.set(method, ending);
    }
    this.#any = bestFor(undefined, endings);
  }

  find(method: string): LeafEnding<T> | undefined {
    return this.#byMethod.get(method) ?? this.#any;
  }
}

function methodsOf(endings: readonly LeafEnding<unknown>[]): readonly string[] {
  const methods = new Set(endings.flatMap(({ method }) => method ?? []));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods];
}

function bestFor<T>(method: string | undefined, endings: readonly LeafEnding<T>[]): LeafEnding<T> | undefined {
  return endings
    .filter(ending => closeness(method, ending.method) < Number.POSITIVE_INFINITY)
    .sort((a, b) => compareText(a.omissions, b.omissions) || closeness(method, a.method) - closeness(method, b.method))
    .at(0);
}

/** `x.head.ts` before `x.get.ts` before `x.ts`. */
function closeness(requested: string | undefined, answered: string | undefined): number {
  if (requested === answered) return 0;
  if (requested === 'HEAD' && answered === 'GET') return 1;
  return answered === undefined ? 2 : Number.POSITIVE_INFINITY;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * The methods for `Allow`, in their usual order. OPTIONS is always allowed, through a file or the gateway (RFC 9110
 * §9.3.7).
 */
export function allowed(methods: Iterable<string>): readonly string[] {
  return [...new Set([...methods, 'OPTIONS'])].sort((a, b) => place(a) - place(b) || compareText(a, b));
}

function place(method: string): number {
  const index = ORDER.indexOf(method);
  return index === -1 ? ORDER.length : index;
}
