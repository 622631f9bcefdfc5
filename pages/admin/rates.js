/** Rates and percentiles from the counters of `/stats`, of which two make a span of time. */

/** The table shows the last minute, the chart five. */
const SPAN_MS = 60_000;
const KEPT_SECONDS = 300;

/** A gateway may have ten thousand routes, so not every response is kept. */
const KEPT_EVERY_MS = 10_000;

/** What the responses of `/stats` so far say. A gateway that started anew counts from zero. */
export class Snapshots {
  latest;
  /** Requests per second and the 95th percentile between each two responses. */
  points = [];
  /** Of the last minute, the oldest first. */
  #kept = [];

  add(stats) {
    const { latest } = this;
    this.latest = stats;
    if (latest !== undefined && (stats.uptimeMs < latest.uptimeMs || sumOf(stats) < sumOf(latest))) {
      this.points = [];
      this.#kept = [];
    } else if (latest !== undefined && stats.uptimeMs > latest.uptimeMs) {
      const point = pointOf(spanOf(latest, stats), stats);
      this.points = [...this.points.filter(({ at }) => point.at - at <= KEPT_SECONDS), point];
    }
    this.#kept = this.#kept.filter(({ uptimeMs }) => stats.uptimeMs - uptimeMs <= SPAN_MS);
    if (stats.uptimeMs - (this.#kept.at(-1)?.uptimeMs ?? Number.NEGATIVE_INFINITY) >= KEPT_EVERY_MS)
      this.#kept.push(stats);
  }

  /** What happened in the last minute; undefined with one response. */
  get span() {
    const [first] = this.#kept;
    return first === undefined || first === this.latest ? undefined : spanOf(first, this.latest);
  }
}

function pointOf({ seconds, routes }, { at, endsMs }) {
  const requests = routes.reduce((sum, route) => sum + route.requests, 0);
  const p95 = quantile(sumOfBuckets(routes.map(route => route.buckets)), endsMs, 0.95);
  return {
    at: Date.parse(at) / 1_000,
    rate: requests / seconds,
    p95Ms: p95 === undefined ? null : Math.min(p95, endsMs.at(-1)),
  };
}

function sumOf({ routes }) {
  return routes.reduce((sum, { requests }) => sum + requests, 0);
}

function spanOf(before, after) {
  const known = new Map(before.routes.map(row => [row.route, row]));
  const stored = new Map(before.cache.map(row => [keyOf(row), row]));
  return {
    seconds: Math.max(after.uptimeMs - before.uptimeMs, 1) / 1_000,
    routes: after.routes.map(({ route, requests, errors, buckets }) => {
      const old = known.get(route);
      if (old === undefined) return { route, requests, errors, buckets };
      return {
        route,
        requests: requests - old.requests,
        errors: errors - old.errors,
        buckets: requests === old.requests ? [] : buckets.map((count, i) => count - (old.buckets[i] ?? 0)),
      };
    }),
    cache: after.cache.map(row => {
      const old = stored.get(keyOf(row)) ?? {};
      const numbers = RESULTS.map(result => [result, row[result] - (old[result] ?? 0)]);
      return { ...row, ...Object.fromEntries(numbers) };
    }),
    eventLoop: after.eventLoop.map((count, i) => count - (before.eventLoop[i] ?? 0)),
  };
}

const RESULTS = ['hit', 'miss', 'revalidated', 'stale', 'bypass'];

const keyOf = ({ route, part }) => `${route} ${part}`;

export function sumOfBuckets(lists) {
  const sum = [];
  for (const buckets of lists) for (const [i, count] of buckets.entries()) sum[i] = (sum[i] ?? 0) + count;
  return sum;
}

/**
 * What that share took at most: the end of its bucket, infinite beyond the last end; undefined without counts.
 * @param buckets counts by bucket; empty ones at the end may be missing.
 */
export function quantile(buckets, endsMs, share) {
  const all = buckets.reduce((sum, count) => sum + count, 0);
  if (all <= 0) return undefined;
  let sum = 0;
  const at = buckets.findIndex(count => {
    sum += count;
    return sum >= all * share;
  });
  return endsMs[at] ?? Number.POSITIVE_INFINITY;
}

/** The share of the responses that came from the store at once, by route with its parts. */
export function hitShares(cache) {
  const sums = new Map();
  for (const { route, hit, stale, miss, revalidated } of cache) {
    const { stored, all } = sums.get(route) ?? { stored: 0, all: 0 };
    sums.set(route, { stored: stored + hit + stale, all: all + hit + stale + miss + revalidated });
  }
  return new Map([...sums].map(([route, { stored, all }]) => [route, all > 0 ? stored / all : undefined]));
}
