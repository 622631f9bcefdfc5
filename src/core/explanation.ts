// The result of `portico explain` as plain data: a worker sends it, a program reads it.

/** A request to explain. It is not sent to any backend. */
export interface ExplainQuery {
  readonly method: string;
  /** With its query, as on the wire. */
  readonly path: string;
  /** Without Host the gateway's own address is used. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The user, as a guard would name it in `subject`. No guard runs. */
  readonly user?: string;
}

export interface Explanation {
  readonly method: string;
  /** The address of the request, with its host. */
  readonly url: string;
  readonly outcome: CacheOutcome;
}

type CacheOutcome =
  | { readonly kind: 'route'; readonly route: RouteExplanation }
  /** The gateway itself responds, before any route. */
  | { readonly kind: 'own-response'; readonly status: number; readonly detail: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string };

export interface RouteExplanation {
  readonly file: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What produces the response: `proxy catalog`. */
  readonly response: string;
  /** The outermost first. */
  readonly steps: readonly StepExplanation[];
  /** The parts of an aggregation. */
  readonly parts: readonly PartExplanation[];
}

export interface StepExplanation {
  readonly name: string;
  readonly policy: string;
  readonly cache?: CacheExplanation;
  /** Its current state in this process. */
  readonly now?: string;
  /** The step is always there, without an option. */
  readonly implicit?: true;
}

export interface PartExplanation {
  readonly name: string;
  readonly cache?: CacheExplanation;
  /** Why the call of the part is not known. */
  readonly unknown?: string;
  /** The steps of its call; empty where the call is not known. */
  readonly steps: readonly StepExplanation[];
}

/**
 * `must-revalidate`: stored, and revalidated before each use. `unshared`: the last response here was not shareable.
 * `bypassed`: the request does not use the cache.
 */
export type CacheState = 'fresh' | 'stale' | 'must-revalidate' | 'unshared' | 'absent' | 'bypassed';

export interface CacheExplanation {
  /** The key in readable form: method, address, the query parameters and headers that are part of it. */
  readonly key: string;
  readonly state: CacheState;
  /** Why responses here are not shared, as `Cache-Status` says it. */
  readonly why?: string;
  readonly stored?: StoredExplanation;
  /** The stores behind the memory store, in the order of reads. Explaining does not read them. */
  readonly tiers: readonly string[];
  /** Request headers that are not sent, since the response is shared and neither the key nor `Vary` contains them. */
  readonly withheld?: readonly string[];
  readonly result: CacheOutlook;
}

/** Times in whole seconds. */
export interface StoredExplanation {
  readonly in: 'memory';
  readonly status: number;
  readonly ageSeconds: number;
  /** Negative where it is stale. */
  readonly freshForSeconds: number;
  /** How long it is served stale while it is revalidated; 0 for not at all. */
  readonly refreshedForSeconds: number;
  /** How long it is served instead of a 5xx; undefined means without end, since JSON has no Infinity. */
  readonly insteadOfErrorForSeconds?: number;
  /** How long it is served when the backend gives no response. */
  readonly insteadOfSilenceForSeconds?: number;
  readonly bytes: number;
  readonly tags: readonly string[];
  readonly softlyPurged: boolean;
  /** The conditional headers of a revalidation. */
  readonly validators: readonly string[];
}

export interface CacheOutlook {
  readonly verdict: 'HIT' | 'STALE' | 'REVALIDATE' | 'MISS' | 'PASS' | 'REFUSE';
  /** The reason; '' where there is none to add. */
  readonly detail: string;
}
