import { createRequire } from 'node:module';
import type * as Library from '@prometheus-io/client';

const load = createRequire(import.meta.url);

// The package as a whole loads OpenTelemetry for metrics of the process, which are not used: nine times the CPU.
export const Registry: typeof Library.Registry = load('@prometheus-io/client/lib/registry.js');
export const Counter: typeof Library.Counter = load('@prometheus-io/client/lib/counter.js');
export const Gauge: typeof Library.Gauge = load('@prometheus-io/client/lib/gauge.js');
