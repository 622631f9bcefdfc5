import type { Duration } from './duration.ts';

/** One target of a service. */
export interface TargetOptions {
  /** Its `http://` or `https://` address. Required. */
  readonly url: string;
  /** Its share of the calls relative to the other targets; more than 0. Default 1. */
  readonly weight?: number;
  /**
   * Maximum of concurrent calls; event streams and WebSockets do not count. A full target is skipped; if all targets
   * are full, the call is 503. Default none.
   */
  readonly max?: number;
}

/** A target: its address, or its address with a weight and a maximum. */
export type TargetEntry = string | TargetOptions;

/** The key of a request, so that requests with the same key reach the same target. */
export type HashKey =
  | 'ip'
  | {
      /** Cookie whose value is the key. Required, unless `header` is set. */
      readonly cookie: string;
    }
  | {
      /** Request header whose value is the key. Required, unless `cookie` is set. */
      readonly header: string;
    };

/**
 * The load balancing policy. `ewma` picks two targets at random and uses the one with the shorter response times and
 * fewer open calls. `round-robin` uses each in turn, by weight. `least-requests` uses the one with the fewest calls and
 * streams. `{ hash }` uses the same target for the same client address, cookie or header, as long as it is available
 * and not overloaded.
 */
export type Balance =
  | 'ewma'
  | 'round-robin'
  | 'least-requests'
  | {
      /** Key of the request: the client's address, a cookie or a header. Required. */
      readonly hash: HashKey;
    };

/**
 * A function of the project that returns the current targets.
 * @param signal aborts after 5 s and when the gateway closes.
 */
export type TargetFinder = (signal: AbortSignal) => readonly TargetEntry[] | Promise<readonly TargetEntry[]>;

/**
 * The targets of a service: a list; `{ env }`, an environment variable; `{ dns }`, a name whose addresses are resolved
 * again after their TTL; `{ srv }`, a name of SRV records (RFC 2782); or a function, called every 10s or as `{ find,
 * interval }` says.
 */
export type Targets =
  | readonly TargetEntry[]
  | {
      /** Environment variable that holds addresses, separated by commas. Required. */
      readonly env: string;
      /** Targets if the variable is not set. Default none. */
      readonly default?: readonly TargetEntry[];
    }
  | {
      /**
       * Name with a port (`catalog.internal:4001`, `https://catalog.internal`); each of its addresses is a target.
       * Required.
       */
      readonly dns: string;
    }
  | {
      /**
       * Name of SRV records (`_http._tcp.catalog.internal`), `_https` for TLS; those of the lowest priority are used.
       * Required.
       */
      readonly srv: string;
    }
  | {
      /** Function that returns the targets. Required. */
      readonly find: TargetFinder;
      /** Time between two calls of `find`. Default 10s. */
      readonly interval?: Duration;
    }
  | TargetFinder;

/**
 * Targets with a new version for some of the calls: `header` decides, then `cookie`, then `share`. If no canary target
 * is available, and for every retry, the other targets take the call.
 */
export interface Canary {
  /** The canary targets, as in the service's own `targets`. Required. */
  readonly targets: Targets;
  /**
   * Share of the calls for the canary, at random; with `balance: { hash }` by the hash key, so that a user stays on one
   * side. Default none.
   */
  readonly share?: `${number}%`;
  /** Request header whose value is `always` or `never`. Default none. */
  readonly header?: string;
  /** Cookie whose value is `always` or `never`. Default none. */
  readonly cookie?: string;
}

/**
 * When a target that fails every call is ejected: connection failures, 502, 503, 504, timeouts. A 500 fails the call,
 * not the target.
 */
export interface Ejection {
  /** Failures in a row that eject a target. Default 5. */
  readonly failures?: number;
  /** Length of the first ejection; the n-th in a row lasts n times as long. Default 1s. */
  readonly baseTime?: Duration;
  /** Longest ejection; after this time without another one, earlier ejections are forgotten. Default 30s. */
  readonly maxTime?: Duration;
}

/** A periodic GET to each target, in addition to the outcomes of its calls. It does not count against the limit. */
export interface HealthCheck {
  /** Path of the check, below the target's own path. Required. */
  readonly path: `/${string}`;
  /** Time between two checks, with a random deviation of up to a fifth. Default 5s. */
  readonly interval?: Duration;
  /** Time that a response may take. Default 2s. */
  readonly timeout?: Duration;
  /** Failed checks in a row after which a target is excluded. Default 3. */
  readonly unhealthyThreshold?: number;
  /** Passed checks in a row after which it returns with a slow start. Default 2. */
  readonly healthyThreshold?: number;
  /** Status of a passed check: a number, or a class of statuses. Default 2xx. */
  readonly status?: number | '2xx' | '3xx' | '4xx';
}
