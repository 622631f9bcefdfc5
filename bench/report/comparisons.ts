import type { FigureName, FiguresBySubject } from '../measure/figures.ts';
import { ratiosOf } from '../measure/spread.ts';
import type { Results } from './results.ts';

/** One number that says how Portico compares, with its target if it has one. */
export interface Comparison {
  readonly id: string;
  readonly label: string;
  readonly scenario: string;
  readonly values: (subjects: FiguresBySubject) => readonly number[];
  /** The target: the median is at most this. */
  readonly max?: number;
  /** Default: a ratio. */
  readonly unit?: string;
  /** Whether README shows it. */
  readonly inReadme?: boolean;
}

type Values = Comparison['values'];

function ratio(figure: FigureName, to: string, of = 'portico'): Values {
  return subjects => ratiosOf(subjects[of]?.[figure] ?? [], subjects[to]?.[figure] ?? []);
}

function added(figure: 'p50Ms' | 'p99Ms'): Values {
  return subjects => {
    const direct = subjects['backend, direct']?.[figure] ?? [];
    return (subjects.portico?.[figure] ?? []).map((value, i) => value - (direct[i] ?? Number.NaN));
  };
}

const BARE_PROXY = 'bare node:http + undici';
const BARE_SERVER = 'bare node:http';
const EXPRESS = 'Express + http-proxy-middleware';

const PROXY: readonly Comparison[] = [
  {
    id: 'proxy/bare',
    label: 'proxy, 90 B: bare `node:http` + undici',
    scenario: 'proxy-90',
    values: ratio('cpuMicros', BARE_PROXY),
    max: 1.2,
    inReadme: true,
  },
  {
    id: 'proxy/bare, user',
    label: 'the same, user CPU only',
    scenario: 'proxy-90',
    values: ratio('userMicros', BARE_PROXY),
    max: 1.3,
  },
  {
    id: 'proxy/fastify',
    label: 'proxy, 90 B: @fastify/http-proxy',
    scenario: 'proxy-90',
    values: ratio('cpuMicros', '@fastify/http-proxy'),
    max: 0.75,
    inReadme: true,
  },
  {
    id: 'proxy/express',
    label: 'proxy, 90 B: Express + http-proxy-middleware',
    scenario: 'proxy-90',
    values: ratio('cpuMicros', EXPRESS),
    max: 0.6,
    inReadme: true,
  },
  {
    id: 'post/bare',
    label: 'proxy, POST of 1 kB: bare `node:http` + undici',
    scenario: 'proxy-post',
    values: ratio('cpuMicros', BARE_PROXY),
    inReadme: true,
  },
  {
    id: 'proxy/nginx',
    label: 'proxy, 90 B: nginx',
    scenario: 'proxy-90',
    values: ratio('cpuMicros', 'nginx'),
    inReadme: true,
  },
  {
    id: 'proxy/haproxy',
    label: 'proxy, 90 B: HAProxy',
    scenario: 'proxy-90',
    values: ratio('cpuMicros', 'haproxy'),
    inReadme: true,
  },
  {
    id: 'proxy 100 kB/bare',
    label: 'proxy, 100 kB: bare `node:http` + undici',
    scenario: 'proxy-100k',
    values: ratio('cpuMicros', BARE_PROXY),
    max: 1.1,
  },
  {
    id: 'proxy 10 MB/bare',
    label: 'proxy, 10 MB: bare `node:http` + undici',
    scenario: 'proxy-10m',
    values: ratio('cpuMicros', BARE_PROXY),
    max: 1.05,
  },
  {
    id: 'added p50',
    label: 'latency that Portico adds at half load, p50',
    scenario: 'proxy-90',
    values: added('p50Ms'),
    max: 0.3,
    unit: 'ms',
  },
  {
    id: 'added p99',
    label: 'latency that Portico adds at half load, p99',
    scenario: 'proxy-90',
    values: added('p99Ms'),
    max: 2,
    unit: 'ms',
  },
];

const CACHE: readonly Comparison[] = [
  {
    id: 'hit/bare',
    label: 'cache hit, 90 B: bare `node:http`',
    scenario: 'hit-90',
    values: ratio('cpuMicros', BARE_SERVER),
    max: 1.3,
    inReadme: true,
  },
  {
    id: 'hit/varnish',
    label: 'cache hit, 90 B: Varnish',
    scenario: 'hit-90',
    values: ratio('cpuMicros', 'varnish'),
    max: 0.75,
    inReadme: true,
  },
  {
    id: 'hit/nginx',
    label: 'cache hit, 90 B: nginx',
    scenario: 'hit-90',
    values: ratio('cpuMicros', 'nginx'),
    inReadme: true,
  },
  {
    id: '304/hit',
    label: "304: Portico's own hit",
    scenario: 'hit-304',
    values: ratio('cpuMicros', 'portico, 200'),
    max: 1,
  },
];

const OWN_RESPONSES: readonly Comparison[] = [
  {
    id: 'aggregate/undici',
    label: 'aggregate of three: `node:http` + undici by hand',
    scenario: 'aggregate',
    values: ratio('cpuMicros', 'node:http + undici by hand'),
    max: 1,
    inReadme: true,
  },
  {
    id: 'aggregate/fetch',
    label: 'aggregate of three: Express + fetch by hand',
    scenario: 'aggregate',
    values: ratio('cpuMicros', 'Express + fetch by hand'),
    max: 0.32,
    inReadme: true,
  },
  {
    id: 'handler/bare',
    label: 'handler: bare `node:http`',
    scenario: 'handler',
    values: ratio('cpuMicros', BARE_SERVER),
    max: 1.25,
    inReadme: true,
  },
];

const GROWTH: readonly Comparison[] = [
  {
    id: 'every policy/none',
    label: 'every policy on: a route without options',
    scenario: 'policies',
    values: ratio('cpuMicros', 'no option'),
    max: 1.15,
  },
  {
    id: '10,000 routes/10',
    label: '10,000 routes: 10 routes',
    scenario: 'routes',
    values: ratio('cpuMicros', '10 routes'),
    max: 1.03,
  },
  {
    id: 'idle connection',
    label: 'memory of an idle connection',
    scenario: 'idle-10000',
    values: subjects => (subjects.portico?.connectionBytes ?? []).map(bytes => bytes / 1_000),
    max: 25,
    unit: 'kB',
  },
  {
    id: 'event/bare pipe',
    label: 'event to 1,000 SSE clients: bare pipe',
    scenario: 'events',
    values: ratio('cpuMicros', BARE_PROXY),
    max: 1.2,
    inReadme: true,
  },
  ...[10, 1_000, 10_000].map(
    (routes): Comparison => ({
      id: `start with ${routes.toLocaleString('en')} routes`,
      label: `start with ${routes.toLocaleString('en')} routes: the same files and Express imported`,
      scenario: `start-${routes}`,
      values: ratio('cpuMs', 'bare import'),
      max: 2.5,
    }),
  ),
];

export const COMPARISONS: readonly Comparison[] = [...PROXY, ...CACHE, ...OWN_RESPONSES, ...GROWTH];

/** Once per round; nothing for a scenario that is not measured or lacks the peer. */
export function valuesOf({ scenario, values }: Comparison, { scenarios }: Results): readonly number[] {
  const measured = scenarios.find(({ id }) => id === scenario);
  return measured === undefined ? [] : values(measured.subjects);
}
