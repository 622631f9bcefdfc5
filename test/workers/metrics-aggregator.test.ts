import { Registry } from '@prometheus-io/client';
import { expect, it } from 'vitest';
import { Metrics, type MetricsSnapshot } from '../../src/telemetry/metrics.ts';
import { MetricsAggregator } from '../../src/workers/metrics-aggregator.ts';
import { finishedRecord } from '../support/request-record.ts';
import { NONE, serviceReading } from '../support/service-reading.ts';

async function workerThatAnswered(requests: number): Promise<MetricsSnapshot> {
  const metrics = new Metrics({
    services: () => [
      serviceReading({
        inFlight: 1,
        ejections: 3,
        shed: { critical: NONE, default: { ...NONE, limit: 2 }, prefetch: NONE, bulk: NONE },
      }),
    ],
    store: () => ({ bytes: 2_048, entries: 3 }),
  });
  for (let i = 0; i < requests; i++) {
    metrics.finished(finishedRecord(1));
  }
  return metrics.snapshot();
}

const textOf = async (snapshot: MetricsSnapshot): Promise<string> => Registry.aggregate([snapshot]).metrics();

it('adds up the counts of the workers', async () => {
  const sum = await new MetricsAggregator().with(Promise.all([workerThatAnswered(2), workerThatAnswered(3)]));
  expect(await textOf(sum)).toMatch(/seconds_count\{.*\} 5\n/);
});

it('keeps the counts of exited workers, but not their calls in flight', async () => {
  const tally = new MetricsAggregator();
  tally.keep(await workerThatAnswered(2));
  tally.keep(await workerThatAnswered(4));
  const text = await textOf(await tally.with(Promise.all([workerThatAnswered(1)])));
  expect(text).toMatch(/seconds_count\{.*\} 7\n/);
  expect(text).toContain('portico_service_in_flight{service="catalog",kind="call"} 1');
  expect(text).toContain('portico_service_limit{service="catalog"} 256');
  expect(text).toContain('portico_service_shed_total{service="catalog",priority="default",reason="limit"} 6');
});

it('counts a worker once that exits during a measurement', async () => {
  const tally = new MetricsAggregator();
  const response = Promise.withResolvers<readonly MetricsSnapshot[]>();
  const sum = tally.with(response.promise);
  const last = await workerThatAnswered(3);
  tally.keep(last);
  response.resolve([last]);
  expect(await textOf(await sum)).toMatch(/seconds_count\{.*\} 3\n/);
});
