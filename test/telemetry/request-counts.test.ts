import { describe, expect, it } from 'vitest';
import type { RequestCounts } from '../../src/core/process-views.ts';
import { laterOf, NO_COUNTS, sumOfCounts } from '../../src/core/request-counts.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { countsIn } from '../../src/telemetry/request-counts.ts';
import { finishedRecord } from '../support/request-record.ts';

function metrics(): Metrics {
  const made = new Metrics({ services: () => [], store: () => ({ bytes: 0, entries: 0 }) });
  for (const ms of [0.5, 3, 40, 99_000]) made.finished(finishedRecord(ms, { route: '/a', path: '/a' }));
  made.finished(finishedRecord(8, { route: '/b', path: '/b', status: 503 }));
  made.finished(finishedRecord(8, { route: '/b', path: '/b', status: 404 }));
  // One for each method of an address.
  for (const result of ['hit', 'hit', 'stale'] as const) made.callSite('/a', undefined).cache(result);
  made.callSite('/a', 'stock').cache('miss');
  made.turned(7);
  return made;
}

const byRoute = ({ routes, ...others }: RequestCounts) => ({
  ...others,
  routes: routes.toSorted((a, b) => (a.route < b.route ? -1 : 1)),
});

describe('the counts of a process', () => {
  it('add up statuses and call sites', () => {
    const { routes, cache, eventLoop } = metrics().counts();
    expect(routes).toEqual([
      { route: '/a', requests: 4, errors: 0, buckets: [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
      { route: '/b', requests: 2, errors: 1, buckets: [0, 0, 2] },
    ]);
    expect(cache).toEqual([
      { route: '/a', part: '', hit: 2, miss: 0, revalidated: 0, stale: 1, bypass: 0 },
      { route: '/a', part: 'stock', hit: 0, miss: 1, revalidated: 0, stale: 0, bypass: 0 },
    ]);
    expect(eventLoop).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  it('are those of its metrics', async () => {
    const made = metrics();
    expect(byRoute(countsIn(await made.snapshot()))).toEqual(byRoute(made.counts()));
  });

  it('are added up over processes', () => {
    const one = metrics().counts();
    const sum = sumOfCounts([NO_COUNTS, one, one]);
    expect(sum.routes[1]).toEqual({ route: '/b', requests: 4, errors: 2, buckets: [0, 0, 4] });
    expect(sum.cache[0]).toMatchObject({ route: '/a', part: '', hit: 4, stale: 2 });
    expect(sum.eventLoop[3]).toBe(2);
    expect(sumOfCounts([one])).toEqual(one);
  });

  it('are the later ones of two readings', () => {
    const one = metrics().counts();
    const later = sumOfCounts([one, one]);
    expect(laterOf(one, later)).toBe(later);
    expect(laterOf(later, NO_COUNTS)).toBe(later);
  });
});
