import { createHash } from 'node:crypto';
import type { LoadedRate } from '../../config/loaded-route.ts';
import { rateNumbers } from '../../config/rate-limit.ts';
import { contextOf } from '../../config/request-context.ts';
import type { Exchange } from '../../core/exchange.ts';
import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Stage } from '../../core/handler.ts';
import { receiveResult } from '../../core/map-result.ts';
import type { RateQuota, RateVerdict, SharedRateCounts } from '../../core/ports/rate-counts.ts';
import type { RateCounts } from '../../core/rate-counts.ts';
import type { Reply } from '../../core/reply.ts';
import { networkOf } from './network.ts';

/** Where the requests of a route are counted. */
export interface RouteLimiting extends RateLimiting {
  /** Counts the refused requests of a limit. */
  readonly refusals: (limit: string) => () => void;
}

/** Where the requests are counted. */
export interface RateLimiting {
  /** In milliseconds, with fractions. */
  readonly now: () => number;
  /** The counts of this process. */
  readonly counts: RateCounts;
  /** Those that it shares with others; undefined for a single process. */
  readonly shared: SharedRateCounts | undefined;
}

const REFUSED = precomputed('request.rate_limited', 'Too many requests, try again later');
const UNKNOWN = precomputed('limit.uncounted', 'The count of this limit is not available');

/** A longer key is replaced by its hash, so that the length of what clients send is no memory. */
const MAX_KEY = 64;

/**
 * Refuses requests that come too often with 429 and `Retry-After`, and tells the others what is left, in `RateLimit`
 * and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers). The first limit that refuses ends the request.
 */
export function rateLimit(rates: Readonly<Record<string, LoadedRate>>, limiting: RouteLimiting): RateStage {
  const limits = Object.entries(rates).map(([name, rate]) => new CountedLimit(name, rate, limiting));
  return { stage: countedBy(limits), decides: x => limits.map(limit => limit.decides(x)).join(', ') };
}

/** The stage, and what it would decide about a request. */
interface RateStage {
  readonly stage: Stage;
  readonly decides: (x: Exchange) => string;
}

function countedBy(limits: readonly CountedLimit[]): Stage {
  return next => x => {
    const fields: string[] = [];
    const withRateFields = {
      replied: (reply: Reply) => withFields(reply, fields),
      failed: (failure: GatewayError): never => {
        throw fields.length === 0 ? failure : failure.saying(fields);
      },
    };
    const counted = countFrom(0, limits, x, fields);
    if (counted === undefined) return receiveResult(next, x, withRateFields);
    return counted.then(() => receiveResult(next, x, withRateFields));
  };
}

function countFrom(
  index: number,
  limits: readonly CountedLimit[],
  x: Exchange,
  fields: string[],
): Promise<void> | undefined {
  for (let i = index; i < limits.length; i++) {
    const waiting = limits[i]?.count(x, fields);
    if (waiting !== undefined) return waiting.then(() => countFrom(i + 1, limits, x, fields));
  }
  return undefined;
}

function withFields(reply: Reply, fields: readonly string[]): Reply {
  return fields.length === 0 ? reply : { ...reply, headers: reply.headers.concat(fields) };
}

/** One limit of a route. */
class CountedLimit {
  readonly #name: string;
  readonly #rate: LoadedRate;
  readonly #quota: RateQuota;
  readonly #limiting: RateLimiting;
  readonly #policy: string;
  readonly #refused: () => void;

  constructor(name: string, rate: LoadedRate, limiting: RouteLimiting) {
    const { count, periodMs } = rateNumbers(rate.rate);
    this.#name = name;
    this.#rate = rate;
    this.#quota = { id: `${rate.file} ${name}`, intervalMs: periodMs / count, burst: rate.burst ?? count };
    this.#limiting = limiting;
    this.#refused = limiting.refusals(name);
    this.#policy = `"${name}";q=${count};w=${periodMs / 1_000}`;
  }

  /** Counts a request. @param fields receives those of the response. @throws GatewayError for a request too many. */
  count(x: Exchange, fields: string[]): Promise<void> | undefined {
    const { shared } = this.#limiting;
    const key = shortened(keyOf(this.#name, this.#rate, x));
    if (key === undefined) return undefined;
    if (shared === undefined) {
      this.#decide(this.#countHere(key), fields);
      return undefined;
    }
    return shared.take(this.#quota, key).then(verdict => {
      if (verdict === undefined && this.#rate.closed === true) throw UNKNOWN.saying(['Retry-After', '1', ...fields]);
      this.#decide(verdict ?? this.#countHere(key), fields);
    });
  }

  #countHere(key: string): RateVerdict {
    const { counts, now } = this.#limiting;
    return counts.take(this.#quota, key, now());
  }

  #decide({ allowed, remaining, retryMs, resetMs }: RateVerdict, fields: string[]): void {
    const name = this.#name;
    fields.push('RateLimit-Policy', this.#policy);
    fields.push('RateLimit', `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`);
    if (allowed) return;
    this.#refused();
    throw REFUSED.saying(['Retry-After', String(secondsUntil(retryMs)), ...fields]);
  }

  /** What the next request of this key may expect, in a few words. It is not counted. */
  decides(x: Exchange): string {
    const name = this.#name;
    const { counts, now, shared } = this.#limiting;
    let key: string | undefined;
    try {
      key = shortened(keyOf(name, this.#rate, x));
    } catch {
      return `${name}: the key is not known before the request`;
    }
    if (key === undefined) return `${name}: no key, not counted`;
    if (shared !== undefined) return `${name}: has a key, counted together with the other processes`;
    const { allowed, remaining, retryMs } = counts.peek(this.#quota, key, now());
    if (allowed) return `${name}: ${remaining + 1} of ${this.#quota.burst} left`;
    return `${name}: 429, the next one in ${secondsUntil(retryMs)} s`;
  }
}

function secondsUntil(retryMs: number): number {
  return Math.max(1, Math.ceil(retryMs / 1_000));
}

function keyOf(name: string, { key }: LoadedRate, x: Exchange): string | undefined {
  if (key !== undefined) return textOf(key(contextOf(x)));
  if (name === 'user') return x.details.subject;
  // A peer without an address, such as one behind a Unix socket, is nobody in particular.
  const address = x.client?.address ?? '';
  return address === '' ? undefined : networkOf(address);
}

function textOf(key: unknown): string | undefined {
  if (key === undefined || typeof key === 'string') return key;
  throw new TypeError('the key of a rate limit is a text or undefined');
}

function shortened(key: string | undefined): string | undefined {
  if (key === undefined || key.length <= MAX_KEY) return key;
  return createHash('sha256').update(key).digest('base64url');
}
