import { expect, it } from 'vitest';
import type { LearnedLimit } from '../../src/core/ports/limiter.ts';
import { Metrics, type MetricsSnapshot } from '../../src/telemetry/metrics.ts';
import { initialLimits } from '../../src/workers/initial-limits.ts';
import { serviceReading } from '../support/service-reading.ts';

const QUIET: LearnedLimit = { usualMs: 10, meanMs: 12, rate: 0.5, held: false };
const BUSY: LearnedLimit = { usualMs: 20, meanMs: 30, rate: 2, held: false };

function worker(learned: LearnedLimit | undefined): Promise<MetricsSnapshot> {
  const mode = learned?.held === true ? 'held' : 'open';
  const services = () => [serviceReading({ service: 'catalog', mode, learned })];
  return new Metrics({ services, store: () => ({ bytes: 0, entries: 0 }) }).snapshot();
}

it('uses the values of the busiest worker for each service', async () => {
  const snapshots = await Promise.all([worker(QUIET), worker(BUSY), worker(QUIET)]);
  expect(initialLimits(snapshots)).toEqual({ catalog: BUSY });
});

it('keeps evidence of overload from any worker', async () => {
  const snapshots = await Promise.all([worker({ ...QUIET, held: true }), worker(BUSY)]);
  expect(initialLimits(snapshots)).toEqual({ catalog: { ...BUSY, held: true } });
});

it('is empty if no worker knows a service', async () => {
  expect(initialLimits([await worker(undefined), []])).toEqual({});
});
