import { LIMIT_MODES, PRIORITIES } from '../core/ports/limiter.ts';
import type {
  AttemptMeter,
  AuthResult,
  BreakerState,
  CacheResult,
  CallMeter,
  Meter,
  Readings,
  ServiceReading,
  SessionMeter,
} from '../core/ports/meter.ts';
import type { RequestCounts } from '../core/process-views.ts';
import type { FallbackUse } from '../core/reply.ts';
import { sumOfCacheCounts } from '../core/request-counts.ts';
import { AttemptMetrics } from './attempt-metrics.ts';
import { DurationHistogram, type MetricData } from './duration-histogram.ts';
import { EdgeMetrics } from './edge-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { Counter, Gauge, Registry } from './prometheus.ts';
import { type MeasuredRequest, RequestMetrics } from './request-metrics.ts';

/** The metrics of one process as data, so that a primary can add up those of its workers. */
export type MetricsSnapshot = MetricData[];

type FinishedRequest = MeasuredRequest & { readonly fallbacks?: readonly FallbackUse[] | undefined };

/** The labels of a call site. */
interface SiteLabels {
  readonly route: string;
  readonly part: string;
}

const STATES: readonly BreakerState[] = ['closed', 'half-open', 'open'];

/** The buckets of the event loop's delay. */
export const LOOP_ENDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 1_000];

/** Prometheus metrics. Labels are routes and never raw paths, so the project's files limit their number. */
export class Metrics implements Meter {
  readonly #registry = new Registry();
  readonly #cache = new Counter({
    name: 'portico_cache_requests_total',
    help: 'Responses of call sites with a cache, by what the cache did',
    labelNames: ['route', 'part', 'result'],
    registers: [this.#registry],
  });
  readonly #breaker = new Gauge({
    name: 'portico_breaker_state',
    help: 'How many circuits of a route or part are in a state',
    labelNames: ['route', 'part', 'state'],
    registers: [this.#registry],
  });
  readonly #opened = new Counter({
    name: 'portico_breaker_opened_total',
    help: 'How often a circuit opened, failed probes and operators included; at each site that uses it',
    labelNames: ['route', 'part'],
    registers: [this.#registry],
  });
  readonly #refused = new Counter({
    name: 'portico_breaker_refused_total',
    help: 'Calls that an open circuit kept away',
    labelNames: ['route', 'part'],
    registers: [this.#registry],
  });
  readonly #fallbacks = new Counter({
    name: 'portico_fallback_total',
    help: 'Fallbacks in responses, and optional parts that responses lacked, by the failure that was the reason',
    labelNames: ['route', 'reason'],
    registers: [this.#registry],
  });
  readonly #inFlight = new Gauge({
    name: 'portico_service_in_flight',
    help: 'Calls and long-lived streams to a service at this moment',
    labelNames: ['service', 'kind'],
    registers: [this.#registry],
  });
  readonly #limit = new Gauge({
    name: 'portico_service_limit',
    help: 'How many calls to a service may be in flight at this moment; absent where nothing limits them',
    labelNames: ['service'],
    registers: [this.#registry],
  });
  readonly #limitMode = new Gauge({
    name: 'portico_service_limit_mode',
    help: 'How many processes have the limit of a service in a mode; calls are refused in held alone',
    labelNames: ['service', 'mode'],
    registers: [this.#registry],
  });
  readonly #usualTime = new Gauge({
    name: 'portico_service_usual_seconds',
    help: 'Time to response headers of a service without queueing, as two means; absent without data',
    labelNames: ['service', 'mean'],
    aggregator: 'average',
    registers: [this.#registry],
  });
  readonly #usualRate = new Gauge({
    name: 'portico_service_usual_rate',
    help: 'Recent maximum of successful responses of a service per second; absent without data',
    labelNames: ['service'],
    registers: [this.#registry],
  });
  readonly #shed = new Counter({
    name: 'portico_service_shed_total',
    help: 'Rejected calls by reason: limit, full queue, deadline passed in the queue, streams, event loop delay',
    labelNames: ['service', 'priority', 'reason'],
    registers: [this.#registry],
  });
  readonly #rejected = new Counter({
    name: 'portico_service_rejected_total',
    help: 'Calls that were rejected because every target had as many calls as its `max` allows (targets_full)',
    labelNames: ['service', 'reason'],
    registers: [this.#registry],
  });
  readonly #waiting = new Gauge({
    name: 'portico_service_queue_length',
    help: 'Calls that wait until they may start',
    labelNames: ['service'],
    registers: [this.#registry],
  });
  readonly #attemptCounts = new Counter({
    name: 'portico_service_attempts_total',
    help: 'Attempts at the targets of a service, by their outcome',
    labelNames: ['service', 'outcome'],
    registers: [this.#registry],
  });
  readonly #retries = new Counter({
    name: 'portico_service_retries_total',
    help: 'Calls that were sent again, and those that were not since the budget for it was spent',
    labelNames: ['service', 'result'],
    registers: [this.#registry],
  });
  readonly #hedges = new Counter({
    name: 'portico_service_hedges_total',
    help: 'Calls for which a second target was called since the first one took long',
    labelNames: ['service'],
    registers: [this.#registry],
  });
  readonly #retryBudget = new Gauge({
    name: 'portico_service_retry_budget',
    help: 'How many calls may be sent again at this moment',
    labelNames: ['service'],
    registers: [this.#registry],
  });
  readonly #targets = new Gauge({
    name: 'portico_service_targets',
    help: 'Targets of a service at this moment, by state: healthy, or why they get no calls',
    labelNames: ['service', 'state'],
    registers: [this.#registry],
  });
  readonly #ejections = new Counter({
    name: 'portico_service_ejections_total',
    help: 'How often a target was ejected for failing call after call',
    labelNames: ['service'],
    registers: [this.#registry],
  });
  readonly #copies = new Counter({
    name: 'portico_service_mirrored_total',
    help: 'Calls of a service that were copied to another one, or left out because too many copies were on their way',
    labelNames: ['service', 'result'],
    registers: [this.#registry],
  });
  readonly #storedBytes = new Gauge({
    name: 'portico_cache_stored_bytes',
    help: 'Bytes of stored responses in memory at this moment',
    registers: [this.#registry],
  });
  readonly #storedEntries = new Gauge({
    name: 'portico_cache_stored_entries',
    help: 'Stored responses, and lists of their variants, in memory at this moment',
    registers: [this.#registry],
  });
  readonly #edge = new EdgeMetrics(this.#registry);
  readonly requests = new RequestMetrics(this.#registry);
  readonly attempts = new AttemptMetrics();
  readonly #loop = new DurationHistogram({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late the event loop came to a timer of each 20 ms: what every request of the process waits at least',
    labelNames: [],
    endsMs: LOOP_ENDS_MS,
  });
  readonly #turns = this.#loop.series({});
  readonly #cacheCounts: { readonly labels: SiteLabels; readonly counts: Record<CacheResult, number> }[] = [];
  readonly #readings: Readings;

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  callSite(route: string, part: string | undefined): CallMeter {
    const labels = { route, part: part ?? '' };
    const cache: Record<CacheResult, number> = { hit: 0, miss: 0, revalidated: 0, stale: 0, bypass: 0 };
    let isCounted = false;
    const opened = this.#opened.labels(labels);
    const refused = this.#refused.labels(labels);
    let known: BreakerState | undefined;
    return {
      cache: (result: CacheResult) => {
        cache[result]++;
        // A call site without a cache has no series.
        if (!isCounted) this.#cacheCounts.push({ labels, counts: cache });
        isCounted = true;
      },
      breaker: (state: BreakerState) => {
        // Summed, because each method of an address and each service that a function chooses has its own circuit.
        for (const each of STATES) {
          this.#breaker.inc({ ...labels, state: each }, Number(each === state) - Number(each === known));
        }
        known = state;
        // A rate ignores the first value of a new series, so it starts at zero.
        for (const counter of [opened, refused]) counter.inc(0);
      },
      breakerOpened: () => opened.inc(),
      breakerRefused: () => refused.inc(),
    };
  }

  /** A turn of the event loop came that late. */
  turned(delayMs: number): void {
    this.#turns.observe(delayMs);
  }

  service(name: string): AttemptMeter {
    return this.attempts.of(name);
  }

  auth(route: string): (result: AuthResult) => void {
    return this.#edge.auth(route);
  }

  rateLimited(route: string, limit: string): () => void {
    return this.#edge.rateLimited(route, limit);
  }

  csrfRefused(route: string): () => void {
    return this.#edge.csrfRefused(route);
  }

  sessions(): SessionMeter {
    return this.#edge.sessions();
  }

  finished(record: FinishedRequest): void {
    const { route = 'none', fallbacks } = record;
    if (fallbacks !== undefined) for (const { reason } of fallbacks) this.#fallbacks.inc({ route, reason });
    this.requests.finished(record);
  }

  /** The histograms, which the registry does not know. */
  get histograms(): readonly DurationHistogram[] {
    return [...this.requests.histograms, this.attempts.histogram, this.#loop];
  }

  /** The counts of requests alone; unlike a snapshot they may be read every second. */
  counts(): RequestCounts {
    return {
      active: this.requests.active,
      routes: this.requests.counts(),
      cache: sumOfCacheCounts(this.#cacheCounts.map(({ labels, counts }) => ({ ...labels, ...counts }))),
      eventLoop: [...this.#turns.counts],
    };
  }

  async snapshot(): Promise<MetricsSnapshot> {
    // The services do the counting; these gauges read their values.
    for (const counter of [
      this.#cache,
      this.#shed,
      this.#attemptCounts,
      this.#retries,
      this.#hedges,
      this.#ejections,
      this.#rejected,
      this.#copies,
    ])
      counter.reset();
    for (const { labels, counts } of this.#cacheCounts) {
      for (const [result, count] of Object.entries(counts)) this.#cache.inc({ ...labels, result }, count);
    }
    for (const reading of this.#readings.services()) this.#service(reading);
    this.#edge.collect();
    const { bytes, entries } = this.#readings.store();
    this.#storedBytes.set(bytes);
    this.#storedEntries.set(entries);
    this.requests.collect();
    return [
      ...this.histograms.map(histogram => histogram.snapshot()),
      ...(await this.#registry.getMetricsAsJSON()),
      ...(await processMetrics()),
    ];
  }

  #service({ service, inFlight, streams, waiting, ...reading }: ServiceReading): void {
    this.#inFlight.set({ service, kind: 'call' }, inFlight);
    this.#inFlight.set({ service, kind: 'stream' }, streams);
    this.#waiting.set({ service }, waiting);
    this.#limits({ service, ...reading });
    this.#rejected.inc({ service, reason: 'targets_full' }, reading.full);
    this.#ejections.inc({ service }, reading.ejections);
    for (const [state, count] of Object.entries(reading.targets)) this.#targets.set({ service, state }, count);
    for (const [outcome, count] of reading.attempts) this.#attemptCounts.inc({ service, outcome }, count);
    this.#retries.inc({ service, result: 'sent' }, reading.retries);
    this.#retries.inc({ service, result: 'refused' }, reading.retriesRefused);
    this.#retryBudget.set({ service }, reading.retryBudget);
    this.#hedges.inc({ service }, reading.hedges);
    if (reading.copies === undefined) return;
    this.#copies.inc({ service, result: 'sent' }, reading.copies.sent);
    this.#copies.inc({ service, result: 'dropped' }, reading.copies.dropped);
  }

  #limits({
    service,
    limit,
    mode,
    learned,
    shed,
  }: Pick<ServiceReading, 'service' | 'limit' | 'mode' | 'learned' | 'shed'>): void {
    for (const priority of PRIORITIES) {
      for (const [reason, count] of Object.entries(shed[priority]))
        this.#shed.inc({ service, priority, reason }, count);
    }
    if (!Number.isFinite(limit)) return;
    this.#limit.set({ service }, limit);
    for (const each of LIMIT_MODES) this.#limitMode.set({ service, mode: each }, Number(each === mode));
    if (learned === undefined) return;
    this.#usualTime.set({ service, mean: 'geometric' }, learned.usualMs / 1_000);
    this.#usualTime.set({ service, mean: 'arithmetic' }, learned.meanMs / 1_000);
    this.#usualRate.set({ service }, learned.rate * 1_000);
  }
}
