/** Rates and percentiles from the counters of `/stats`, of which two make a span of time. */

/** A minute of responses every two seconds gives the table, five minutes the chart. */
const SPAN_MS = 60_000;
const KEPT_MS = 300_000;

/** The responses so far, the oldest first. A gateway that started anew counts from zero, so older ones are dropped. */
export class Snapshots {
  #all = [];

  add(stats) {
    const last = this.latest;
    if (last !== undefined && (stats.uptimeMs < last.uptimeMs || sumOf(stats) < sumOf(last))) this.#all = [];
    this.#all = [...this.#all.filter(({ uptimeMs }) => stats.uptimeMs - uptimeMs <= KEPT_MS), stats];
  }

  get latest() {
    return this.#all.at(-1);
  }

  /** What happened in the last minute; undefined with one response. */
  get span() {
    const { latest } = this;
    const first = this.#all.find(({ uptimeMs }) => latest.uptimeMs - uptimeMs <= SPAN_MS);
    return first === undefined || first === latest ? undefined : spanOf(first, latest);
  }

  /** Requests per second and the 95th percentile between each two responses. */
  get points() {
    return this.#all.slice(1).map((stats, i) => {
      const { seconds, routes } = spanOf(this.#all[i], stats);
      const requests = routes.reduce((sum, route) => sum + route.requests, 0);
      const buckets = sumOfBuckets(routes.map(route => route.buckets));
      const p95 = quantile(buckets, stats.endsMs, 0.95);
      return {
        at: Date.parse(stats.at) / 1_000,
        rate: requests / seconds,
        p95Ms: p95 === undefined ? null : Math.min(p95, stats.endsMs.at(-1)),
      };
    });
  }
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
        buckets: buckets.map((count, i) => count - old.buckets[i]),
      };
    }),
    cache: after.cache.map(row => {
      const old = stored.get(keyOf(row)) ?? {};
      const numbers = RESULTS.map(result => [result, row[result] - (old[result] ?? 0)]);
      return { ...row, ...Object.fromEntries(numbers) };
    }),
    eventLoop: after.eventLoop.buckets.map((count, i) => count - (before.eventLoop.buckets[i] ?? 0)),
  };
}

const RESULTS = ['hit', 'miss', 'revalidated', 'stale', 'bypass'];

const keyOf = ({ route, part }) => `${route} ${part}`;

function sumOfBuckets(lists) {
  const [first = []] = lists;
  return first.map((_, i) => lists.reduce((sum, buckets) => sum + buckets[i], 0));
}

/**
 * What that share took at most: the end of its bucket, infinite beyond the last end; undefined without counts.
 * @param buckets counts up to each end, the last one of all.
 */
export function quantile(buckets, endsMs, share) {
  const all = buckets.at(-1) ?? 0;
  if (all <= 0) return undefined;
  return endsMs[buckets.findIndex(count => count >= all * share)] ?? Number.POSITIVE_INFINITY;
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
