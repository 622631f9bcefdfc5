import type { Duration } from './duration.ts';

/** One target of a service. */
export interface TargetOptions {
  /** Its `http://` or `https://` address. Required. */
  readonly url: string;
  /** How much it takes, compared with the others: twice the weight, twice the calls. More than 0. Default 1. */
  readonly weight?: number;
  /**
   * How many calls it may have in flight; event streams and WebSockets do not count. A target that has them all is
   * passed over. Default no cap.
   */
  readonly max?: number;
}

/** A target: its address, or its address with a weight and a cap. */
export type TargetEntry = string | TargetOptions;

/** What a request is known by, so that it meets the same target again. */
export type HashKey = 'ip' | { readonly cookie: string } | { readonly header: string };

/**
 * Which target takes a call. `ewma`: of two at random, the one that answers faster and has less to do. `round-robin`:
 * each in turn, by weight. `least-requests`: the one with the fewest calls and streams. `{ hash }`: the same one for
 * the same client address, cookie or header, as long as it is there and not crowded.
 */
export type Balance = 'ewma' | 'round-robin' | 'least-requests' | { readonly hash: HashKey };

/**
 * A function of the team that returns the current targets.
 * @param signal is aborted after 5 s, and when the gateway closes.
 */
export type TargetFinder = (signal: AbortSignal) => readonly TargetEntry[] | Promise<readonly TargetEntry[]>;

/**
 * Where a service's targets are: a list of them; `{ env }`, the name of an environment variable that lists addresses,
 * comma-separated; `{ dns }`, a name with a port whose addresses they are (`catalog.internal:4001`,
 * `https://catalog.internal`), looked up again by its TTL; `{ srv }`, the name of SRV records; or a function, called
 * every 10s or as `{ find, interval }` says.
 */
export type Targets =
  | readonly TargetEntry[]
  | { readonly env: string; readonly default?: readonly TargetEntry[] }
  | { readonly dns: string }
  | { readonly srv: string }
  | { readonly find: TargetFinder; readonly interval?: Duration }
  | TargetFinder;

/**
 * Targets with something new, for some of the calls: `header` decides, then `cookie`, then `share`. Where none of them
 * can work, and for every further try, the others take the call.
 */
export interface Canary {
  /** Its targets, as in the service's own `targets`. Required. */
  readonly targets: Targets;
  /**
   * How many calls go there, at random; with `balance: { hash }` by the same key, so that a user stays on one side.
   * Default none.
   */
  readonly share?: `${number}%`;
  /** A request header that says `always` or `never`. Default none. */
  readonly header?: string;
  /** A cookie that says `always` or `never`. Default none. */
  readonly cookie?: string;
}

/**
 * When a target is left out that fails every call: connections, 502, 503, 504, no response in time. A 500 is a sick
 * response, not a sick target.
 */
export interface Ejection {
  /** How many failures in a row set it aside. Default 5. */
  readonly failures?: number;
  /** For how long the first time; the n-th time in a row n times as long. Default 1s. */
  readonly baseTime?: Duration;
  /**
   * For how long at most; and how long it must do without another ejection for the earlier ones to be forgotten.
   * Default 30s.
   */
  readonly maxTime?: Duration;
}

/** Active health checks of each target, in addition to what its responses show. */
export interface HealthCheck {
  /** The path of the GET request, below the target's own path. Required. */
  readonly path: `/${string}`;
  /** How often, at random a fifth sooner or later. Default 5s. */
  readonly interval?: Duration;
  /** How long a response may take. Default 2s. */
  readonly timeout?: Duration;
  /** After how many bad responses in a row a target is down. Default 3. */
  readonly unhealthyThreshold?: number;
  /** After how many good responses in a row it is back, by a slow start. Default 2. */
  readonly healthyThreshold?: number;
  /** Which answer is a good one: a status, or a class of them. Default 2xx. */
  readonly status?: number | '2xx' | '3xx' | '4xx';
}
