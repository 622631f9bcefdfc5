import { expect, it } from 'vitest';
import { learntLimits } from '../../src/cluster/learnt-limits.ts';
import type { LearntLimit } from '../../src/core/ports/limiter.ts';
import { Metrics, type MetricsSnapshot } from '../../src/observe/metrics.ts';
import { serviceReading } from '../support/service-reading.ts';

const QUIET: LearntLimit = { usualMs: 10, meanMs: 12, rate: 0.5, held: false };
const BUSY: LearntLimit = { usualMs: 20, meanMs: 30, rate: 2, held: false };

function worker(learnt: LearntLimit | undefined): Promise<MetricsSnapshot> {
  const mode = learnt?.held === true ? 'held' : 'open';
  const services = () => [serviceReading({ service: 'catalog', mode, learnt })];
  return new Metrics({ services, store: () => ({ bytes: 0, entries: 0 }) }).snapshot();
}

it('takes what the busiest worker knows of a service', async () => {
  const snapshots = await Promise.all([worker(QUIET), worker(BUSY), worker(QUIET)]);
  expect(learntLimits(snapshots)).toEqual({ catalog: BUSY });
});

it('keeps a proof that any of them has', async () => {
  const snapshots = await Promise.all([worker({ ...QUIET, held: true }), worker(BUSY)]);
  expect(learntLimits(snapshots)).toEqual({ catalog: { ...BUSY, held: true } });
});

it('knows nothing where no worker does', async () => {
  expect(learntLimits([await worker(undefined), []])).toEqual({});
});
