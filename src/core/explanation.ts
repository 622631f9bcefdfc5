// What a gateway would do with a request, as plain data: a worker sends it, a program reads it.

/** A request that nobody sends: what would become of it? */
export interface ExplainQuery {
  readonly method: string;
  /** With its query, as on the wire. */
  readonly path: string;
  /** Without Host it is asked at the gateway's own address. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Who asks, as a guard would say it (`subject`): no guard runs. */
  readonly user?: string;
}

export interface Explanation {
  readonly method: string;
  /** The address that was asked for, with its host. */
  readonly url: string;
  readonly outcome: CacheOutcome;
}

type CacheOutcome =
  | { readonly kind: 'route'; readonly route: RouteExplanation }
  /** Answered at the door, before any route. */
  | { readonly kind: 'answered'; readonly status: number; readonly detail: string }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string };

export interface RouteExplanation {
  readonly file: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What answers, in words: `proxy catalog`. */
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
  /** How it stands at this moment in this process, in words. */
  readonly now?: string;
  /** It is always there; nobody asked for it. */
  readonly quiet?: true;
}

export interface PartExplanation {
  readonly name: string;
  readonly cache?: CacheExplanation;
  /** Why nothing is known of what it would do. */
  readonly unknown?: string;
  /** The steps of its call; empty where nothing is known of it. */
  readonly steps: readonly StepExplanation[];
}

/**
 * `asked-about-first`: stored, and its backend is asked before each use. `unshared`: what was answered here last was not for everybody.
 * `not-asked`: the request passes the cache by.
 */
export type CacheState = 'fresh' | 'stale' | 'asked-about-first' | 'unshared' | 'absent' | 'not-asked';

export interface CacheExplanation {
  /** For a reader: method, address, the query that counts, the headers that tell variants apart. */
  readonly key: string;
  readonly state: CacheState;
  /** Why answers here are not shared, in the words of Cache-Status. */
  readonly why?: string;
  readonly stored?: StoredExplanation;
  /** What is asked behind the memory before a backend is; nobody has looked there. */
  readonly tiers: readonly string[];
  /** What the request says and its backend is not told, since its response is for everybody: neither the key nor a Vary names it. */
  readonly withheld?: readonly string[];
  readonly would: CacheOutlook;
}

/** Times in whole seconds. */
export interface StoredExplanation {
  readonly in: 'memory';
  readonly status: number;
  readonly ageSeconds: number;
  /** Negative where it is stale. */
  readonly freshForSeconds: number;
  /** For how long it is given stale while it is asked for again; 0 where it is not. */
  readonly refreshedForSeconds: number;
  /** For how long it is given in place of a 5xx; Infinity is no number in JSON: undefined is for ever. */
  readonly insteadOfErrorForSeconds?: number;
  /** For how long it is given in place of a backend that does not answer at all. */
  readonly insteadOfSilenceForSeconds?: number;
  readonly bytes: number;
  readonly tags: readonly string[];
  readonly softlyPurged: boolean;
  /** What a backend is asked with whether it is still right. */
  readonly validators: readonly string[];
}

export interface CacheOutlook {
  readonly verdict: 'HIT' | 'STALE' | 'REVALIDATE' | 'MISS' | 'PASS' | 'REFUSE';
  /** The reason, in words; '' where there is nothing to add. */
  readonly detail: string;
}
