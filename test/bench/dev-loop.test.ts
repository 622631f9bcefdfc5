import { expect, it } from 'vitest';
import { measureDevLoop } from '../../bench/dev-loop/measure.ts';

it.skipIf(process.platform !== 'linux')('measures saves, and the watches are those of the folders', async () => {
  const { savedMs, reloadCpuMs, checkCpuMs, watches } = await measureDevLoop(151, 2);
  expect(savedMs).toHaveLength(2);
  for (const ms of [...savedMs, ...reloadCpuMs, checkCpuMs]) expect(ms).toBeGreaterThan(0);
  // The project, routes, routes/api and three areas of 50 routes.
  expect(watches).toBe(6);
});
