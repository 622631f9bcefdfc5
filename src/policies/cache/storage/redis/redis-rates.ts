import { hash } from 'node:crypto';
import { type Clock, systemClock } from '../../../../core/ports/clock.ts';
import {
  type RateQuota,
  type RateVerdict,
  type SharedRateCounts,
  TAKE_MS,
} from '../../../../core/ports/rate-counts.ts';
import { countsId, remainingOf } from '../../../../core/rate-counts.ts';
import { BoundedCalls } from './bounded-calls.ts';
import type { SharedPurges } from './shared-purges.ts';

/**
 * `countRequest` on the clock of Redis, in microseconds. KEYS: the key. ARGV: the interval and the burst times the
 * interval. Returns whether the request is allowed, the time until it would be, and the time until all of the burst is.
 */
const TAKE = `
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local before = tonumber(redis.call('GET', KEYS[1]) or now)
  if before < now then before = now end
  local after = before + tonumber(ARGV[1])
  local wait = after - tonumber(ARGV[2]) - now
  if wait > 1 then return { 0, math.ceil(wait), math.floor(before - now) } end
  redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil((after - now) / 1000))
  return { 1, 0, math.floor(after - now) }
`;

/** The counts of all hosts that share a Redis: one call each, exact for however many processes. */
export class RedisRates implements SharedRateCounts {
  readonly #prefix: string;
  readonly #calls: BoundedCalls;

  /** @param purges holds the connection. */
  constructor(purges: SharedPurges, prefix: string, clock: Clock = systemClock) {
    this.#prefix = prefix;
    this.#calls = new BoundedCalls(() => purges.session, clock, TAKE_MS);
  }

  take(quota: RateQuota, key: string): Promise<RateVerdict | undefined> {
    // A key may be a session id, which nobody should read in Redis.
    const place = `${this.#prefix}rate:${countsId(quota)}:${hash('sha256', key, 'base64url')}`;
    const { intervalMs, burst } = quota;
    const call = { keys: [place], arguments: inMicroseconds(intervalMs, burst) };
    return this.#calls.ask<RateVerdict | undefined>(
      async ({ commands }) => verdictOf(await commands.eval(TAKE, call), quota),
      undefined,
    );
  }
}

function inMicroseconds(intervalMs: number, burst: number): string[] {
  return [intervalMs * 1_000, intervalMs * burst * 1_000].map(String);
}

function verdictOf(reply: unknown, quota: RateQuota): RateVerdict | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [allowed, wait, untilFull] = reply.map(Number) as [number, number, number];
  const resetMs = untilFull / 1_000;
  const remaining = remainingOf(quota, resetMs);
  return { allowed: allowed === 1, remaining, retryMs: wait / 1_000, resetMs };
}
