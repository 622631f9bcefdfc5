// The result of `portico explain` as plain data: a worker sends it, a program reads it.

/** A request to explain. It is not sent to any backend. */
export interface ExplainQuery {
  readonly method: string;
  /** With its query, encoded. */
  readonly path: string;
  /** Without Host the gateway's own address is used. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The user: the subject that `auth` would recognise, or that a guard would name. No guard runs. */
  readonly user?: string;
  /** What the identity provider says about the user, with scopes and roles; for routes with `auth`. Default nothing. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface Explanation {
  readonly method: string;
  /** The address of the request, with its host. */
  readonly url: string;
  readonly outcome: CacheOutcome;
}

type CacheOutcome =
  | { readonly kind: 'route'; readonly route: RouteExplanation }
  /** A response of the gateway itself, before any route. */
  | { readonly kind: 'own-response'; readonly status: number; readonly detail: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string };

export interface RouteExplanation {
  readonly file: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What produces the response: `proxy catalog`. */
  readonly response: string;
  /** Outermost first. */
  readonly steps: readonly StepExplanation[];
  /** The parts of an aggregation. */
  readonly parts: readonly PartExplanation[];
}

export interface StepExplanation {
  readonly name: string;
  readonly policy: string;
  readonly cache?: CacheExplanation;
  /** What it would decide about this request: `passes as u7 with a session`. */
  readonly decision?: string;
  /** The current state in this process. */
  readonly now?: string;
  /** The step exists without an option. */
  readonly implicit?: true;
}

export interface PartExplanation {
  readonly name: string;
  readonly cache?: CacheExplanation;
  /** The reason why the call of the part is unknown. */
  readonly unknown?: string;
  /** The steps of its call; empty for an unknown call. */
  readonly steps: readonly StepExplanation[];
}

/**
 * `must-revalidate`: stored, and revalidated before each use. `unshared`: the last response was not shareable.
 * `bypassed`: the request does not use the cache.
 */
export type CacheState = 'fresh' | 'stale' | 'must-revalidate' | 'unshared' | 'absent' | 'bypassed';

export interface CacheExplanation {
  /** The key in readable form: method, address, and the query parameters and headers in it. */
  readonly key: string;
  readonly state: CacheState;
  /** The reason why responses are not shared, as in `Cache-Status`. */
  readonly why?: string;
  readonly stored?: StoredExplanation;
  /** The stores behind the memory store in the order of reads. An explanation does not read them. */
  readonly tiers: readonly string[];
  /** Request headers that are not sent, because the response is shared and neither the key nor `Vary` contains them. */
  readonly withheld?: readonly string[];
  readonly result: CacheOutlook;
}

/** Times in whole seconds. */
export interface StoredExplanation {
  readonly in: 'memory';
  readonly status: number;
  readonly ageSeconds: number;
  /** Negative for a stale response. */
  readonly freshForSeconds: number;
  /** The time in which it is served stale during its revalidation; 0 for none. */
  readonly refreshedForSeconds: number;
  /** The time in which it is served instead of a 5xx; undefined means unlimited, since JSON has no Infinity. */
  readonly insteadOfErrorForSeconds?: number;
  /** The time in which it is served when the backend does not respond. */
  readonly insteadOfSilenceForSeconds?: number;
  readonly bytes: number;
  readonly tags: readonly string[];
  readonly softlyPurged: boolean;
  /** The conditional fields of a revalidation. */
  readonly validators: readonly string[];
}

export interface CacheOutlook {
  readonly verdict: 'HIT' | 'STALE' | 'REVALIDATE' | 'MISS' | 'PASS' | 'REFUSE';
  /** The reason; '' for none. */
  readonly detail: string;
}
