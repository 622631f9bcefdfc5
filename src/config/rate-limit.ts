import { type Duration, parseDuration } from './duration.ts';

/** A number of requests in a time: `'300/1m'`, `'10/1s'`. */
export type Rate = `${number}/${Duration}`;

/** How often requests with the same key may come. */
export interface RateRule<C> {
  /** Requests per time: `'300/1m'` is one every 200 ms on average. Required. */
  readonly rate: Rate;
  /**
   * Requests that may come at once after a pause. In any time there are at most these and those of the rate. Default:
   * the number in `rate`.
   */
  readonly burst?: number;
  /**
   * Function of `c` that returns the key; a request for which it returns undefined is not counted. It runs after guards
   * and validation. Required, except for `address` and `user`.
   */
  readonly key?: (c: C) => string | undefined;
  /**
   * Whether requests are refused with 503 while the count that processes share does not respond. Default false: each
   * process counts for itself meanwhile.
   */
  readonly closed?: boolean;
}

const RATE = /^([1-9]\d*)\/(.+)$/;

/** @returns undefined for a text that is no rate. */
export function parseRate(text: string): { readonly count: number; readonly periodMs: number } | undefined {
  const [, count = '', period = ''] = RATE.exec(text) ?? [];
  const periodMs = parseDuration(period);
  return periodMs === undefined || periodMs === 0 ? undefined : { count: Number(count), periodMs };
}
