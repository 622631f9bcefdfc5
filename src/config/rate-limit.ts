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
const MAX_COUNT = 1_000_000;
const MAX_PERIOD_MS = 366 * 86_400_000;

/** @returns undefined for a text that is no rate: up to a million requests in whole seconds, up to 366 days. */
export function parseRate(text: string): { readonly count: number; readonly periodMs: number } | undefined {
  const [, digits = '', period = ''] = RATE.exec(text) ?? [];
  const count = Number(digits);
  const periodMs = parseDuration(period) ?? 0;
  // `RateLimit-Policy` has seconds.
  const isPeriod = periodMs > 0 && periodMs <= MAX_PERIOD_MS && periodMs % 1_000 === 0;
  return isPeriod && count <= MAX_COUNT ? { count, periodMs } : undefined;
}

/** The numbers of a rate that the loader has validated. @throws TypeError for another text. */
export function rateNumbers(text: string): { readonly count: number; readonly periodMs: number } {
  const numbers = parseRate(text);
  if (numbers === undefined) throw new TypeError(`"${text}" is no rate: write a number and a time, such as '300/1m'`);
  return numbers;
}

/** The longest time until a whole burst is allowed again; a longer one is a mistake and would not fit into Redis. */
export const MAX_BURST_MS = 10 * MAX_PERIOD_MS;
