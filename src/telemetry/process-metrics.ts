import { readdir, readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { memoryUsage } from 'node:process';
import { porticoVersion } from '../core/version.ts';
import type { MetricData } from './duration-histogram.ts';

/** How the values of several processes become one. */
type Combining = 'sum' | 'min' | 'max';

/**
 * The metrics of this process, by the names that Prometheus's client libraries share. With workers, CPU, memory and
 * files are added up; the start is the earliest one.
 */
export async function processMetrics(): Promise<MetricData[]> {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = memoryUsage();
  const { active, idle } = performance.eventLoopUtilization();
  const files = await openFiles();
  const build = { version: porticoVersion(), node: process.versions.node };
  return [
    metric('portico_build_info', 'gauge', 'The version of Portico and of Node; always 1', 'max', [[build, 1]]),
    metric('process_cpu_seconds_total', 'counter', 'CPU time of the processes, user and system', 'sum', [
      [{}, (user + system) / 1_000_000],
    ]),
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory of the processes', 'sum', [[{}, rss]]),
    metric('process_start_time_seconds', 'gauge', 'When the first process started, in seconds since the epoch', 'min', [
      [{}, performance.timeOrigin / 1_000],
    ]),
    ...(files === undefined ? [] : fileMetrics(files)),
    metric('nodejs_heap_used_bytes', 'gauge', 'Memory that objects use, garbage included', 'sum', [[{}, heapUsed]]),
    metric(
      'nodejs_eventloop_time_seconds_total',
      'counter',
      'Time in which event loops ran code, and in which they waited; active / (active + idle) is the utilization',
      'sum',
      [
        [{ nodejs_eventloop_state: 'active' }, active / 1_000],
        [{ nodejs_eventloop_state: 'idle' }, idle / 1_000],
      ],
    ),
  ];
}

interface OpenFiles {
  readonly open: number;
  readonly max: number;
}

function fileMetrics({ open, max }: OpenFiles): MetricData[] {
  return [
    metric('process_open_fds', 'gauge', 'Open files and sockets of the processes', 'sum', [[{}, open]]),
    metric('process_max_fds', 'gauge', 'How many files and sockets the processes may open', 'sum', [[{}, max]]),
  ];
}

/** Linux alone says it; undefined elsewhere. */
async function openFiles(): Promise<OpenFiles | undefined> {
  try {
    const [open, limits] = await Promise.all([readdir('/proc/self/fd'), readFile('/proc/self/limits', 'utf8')]);
    const [, max = ''] = /^Max open files +(\d+)/m.exec(limits) ?? [];
    // The list itself was one of them.
    return { open: open.length - 1, max: max === '' ? Number.POSITIVE_INFINITY : Number(max) };
  } catch {
    return undefined;
  }
}

function metric(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  aggregator: Combining,
  values: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[],
): MetricData {
  const data = { name, help, type, aggregator, values: values.map(([labels, value]) => ({ labels, value })) };
  // The types of the library have the names of types as an enum.
  return data as unknown as MetricData;
}
