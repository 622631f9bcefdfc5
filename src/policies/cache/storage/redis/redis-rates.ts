import { type Clock, systemClock } from '../../../../core/ports/clock.ts';
import type { RateQuota, RateVerdict, SharedRateCounts } from '../../../../core/ports/rate-counts.ts';
import { BoundedCalls } from './bounded-calls.ts';
import type { SharedPurges } from './shared-purges.ts';

/** The time limit of a count, which a request waits for. */
const TAKE_MS = 50;

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
  if wait > 1 then return { 0, math.ceil(wait), math.ceil(before - now) } end
  redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil((after - now) / 1000))
  return { 1, 0, math.ceil(after - now) }
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

  take({ id, intervalMs, burst }: RateQuota, key: string): Promise<RateVerdict | undefined> {
    const call = { keys: [`${this.#prefix}rate:${id}:${key}`], arguments: inMicroseconds(intervalMs, burst) };
    return this.#calls.ask<RateVerdict | undefined>(
      async ({ commands }) => verdictOf(await commands.eval(TAKE, call), { intervalMs, burst }),
      undefined,
    );
  }
}

function inMicroseconds(intervalMs: number, burst: number): string[] {
  return [intervalMs * 1_000, intervalMs * burst * 1_000].map(String);
}

function verdictOf(reply: unknown, { intervalMs, burst }: Omit<RateQuota, 'id'>): RateVerdict | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [allowed, wait, untilFull] = reply.map(Number) as [number, number, number];
  const resetMs = untilFull / 1_000;
  const remaining = Math.max(0, Math.floor((burst * intervalMs - resetMs) / intervalMs));
  return { allowed: allowed === 1, remaining, retryMs: wait / 1_000, resetMs };
}
