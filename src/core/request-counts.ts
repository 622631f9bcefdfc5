import type { CacheCounts, RequestCounts, RouteCounts } from './process-views.ts';

export const NO_COUNTS: RequestCounts = { active: 0, routes: [], cache: [], eventLoop: [] };

/** Of several processes. */
export function sumOfCounts(all: readonly RequestCounts[]): RequestCounts {
  return {
    active: all.reduce((sum, { active }) => sum + active, 0),
    routes: sumBy(
      all.flatMap(({ routes }) => routes),
      ({ route }) => route,
      sumOfRoutes,
    ),
    cache: sumBy(
      all.flatMap(({ cache }) => cache),
      ({ route, part }) => JSON.stringify([route, part]),
      sumOfCache,
    ),
    eventLoop: all.map(({ eventLoop }) => eventLoop).reduce(sumOfBuckets, []),
  };
}

/** A route or part may have several call sites, one for each method. */
export function sumOfCacheCounts(all: readonly CacheCounts[]): readonly CacheCounts[] {
  return sumBy(all, siteKey, sumOfCache);
}

/** The counts that go further: one of them may have been read earlier. */
export function laterOf(a: RequestCounts, b: RequestCounts): RequestCounts {
  return requestsIn(a) >= requestsIn(b) ? a : b;
}

function requestsIn({ routes }: RequestCounts): number {
  return routes.reduce((sum, { requests }) => sum + requests, 0);
}

/** Buckets without those at the end that are empty. */
export function withoutEnd(buckets: readonly number[]): readonly number[] {
  return buckets.slice(0, buckets.findLastIndex(count => count > 0) + 1);
}

function sumOfBuckets(a: readonly number[], b: readonly number[]): readonly number[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  return longer.map((count, i) => count + (shorter[i] ?? 0));
}

function sumBy<T>(all: readonly T[], keyOf: (each: T) => string, sum: (a: T, b: T) => T): readonly T[] {
  const sums = new Map<string, T>();
  for (const each of all) {
    const key = keyOf(each);
    const before = sums.get(key);
    sums.set(key, before === undefined ? each : sum(before, each));
  }
  return [...sums.values()];
}

function sumOfRoutes(a: RouteCounts, b: RouteCounts): RouteCounts {
  return {
    route: a.route,
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    buckets: sumOfBuckets(a.buckets, b.buckets),
  };
}

function sumOfCache(a: CacheCounts, b: CacheCounts): CacheCounts {
  return {
    route: a.route,
    part: a.part,
    hit: a.hit + b.hit,
    miss: a.miss + b.miss,
    revalidated: a.revalidated + b.revalidated,
    stale: a.stale + b.stale,
    bypass: a.bypass + b.bypass,
  };
}

function siteKey({ route, part }: CacheCounts): string {
  return JSON.stringify([route, part]);
}
