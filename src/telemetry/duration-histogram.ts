import type { MetricObjectWithValues, MetricValue } from '@prometheus-io/client';
import { traceIdIn } from '../core/trace-fields.ts';

/** A metric as data, in the form of the library's registry. */
export type MetricData = MetricObjectWithValues<MetricValue<string>>;

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** The names of the labels; a series may lack some. */
  readonly labelNames: readonly string[];
  /** Upper ends of the buckets in milliseconds, in ascending order. */
  readonly endsMs: readonly number[];
}

/** A recent observation of a bucket, with its trace. */
interface Exemplar {
  traceParent: string;
  ms: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** The counts for one combination of labels. */
export class DurationSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** The last one is for times above every bucket. */
  readonly counts: Float64Array;
  sumMs = 0;
  readonly exemplars: (Exemplar | undefined)[] = [];
  readonly #endsMs: readonly number[];

  constructor(labels: Readonly<Record<string, string>>, endsMs: readonly number[]) {
    this.labels = labels;
    this.counts = new Float64Array(endsMs.length + 1);
    this.#endsMs = endsMs;
  }

  /** @returns the index of the bucket. */
  observe(ms: number): number {
    const ends = this.#endsMs;
    let bucket = 0;
    while (bucket < ends.length && ms > (ends[bucket] ?? 0)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumMs += ms;
    return bucket;
  }

  /** The same, and the bucket shows this trace. @param at in milliseconds since the epoch. */
  observeTraced(ms: number, traceParent: string, at: number): void {
    const bucket = this.observe(ms);
    const exemplar = this.exemplars[bucket];
    if (exemplar === undefined) this.exemplars[bucket] = { traceParent, ms, at };
    else {
      exemplar.traceParent = traceParent;
      exemplar.ms = ms;
      exemplar.at = at;
    }
  }
}

/** Observations that are enough to say what is usual. */
const ENOUGH = 20;

/**
 * The time that 95 % of the observations take at most, between the ends of its bucket; undefined with too few
 * observations, or if it is above every bucket.
 */
export function usualMs(series: readonly DurationSeries[], endsMs: readonly number[]): number | undefined {
  const counts = [...endsMs, Number.POSITIVE_INFINITY].map((_, bucket) =>
    series.reduce((sum, each) => sum + (each.counts[bucket] ?? 0), 0),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total < ENOUGH) return undefined;
  let rest = total * 0.95;
  for (const [bucket, endMs] of endsMs.entries()) {
    const count = counts[bucket] ?? 0;
    const fromMs = endsMs[bucket - 1] ?? 0;
    if (rest <= count) return fromMs + ((endMs - fromMs) * rest) / count;
    rest -= count;
  }
  return undefined;
}

/**
 * A histogram of durations in seconds. Counted here and converted when it is read, because the library's own histogram
 * joins the labels of each observation to a key.
 */
export class DurationHistogram {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly #options: HistogramOptions;
  readonly #series: DurationSeries[] = [];

  constructor(options: HistogramOptions) {
    this.name = options.name;
    this.labelNames = options.labelNames;
    this.#options = options;
  }

  get all(): readonly DurationSeries[] {
    return this.#series;
  }

  /** A new series, which the caller keeps. */
  series(labels: Readonly<Record<string, string>>): DurationSeries {
    const series = new DurationSeries(labels, this.#options.endsMs);
    this.#series.push(series);
    return series;
  }

  /** In the form of a histogram in the library's registry. */
  snapshot(): MetricData {
    const { name, help } = this.#options;
    const values = this.#series.flatMap(series => this.#valuesOf(series));
    // The types of the library have no buckets.
    return { name, help, type: 'histogram', values, aggregator: 'sum' } as unknown as MetricData;
  }

  #valuesOf({ labels, counts, sumMs, exemplars }: DurationSeries): readonly object[] {
    const { name, endsMs } = this.#options;
    let count = 0;
    const buckets = [...endsMs.map(ms => ms / 1_000), '+Inf'].map((le, bucket) => {
      count += counts[bucket] ?? 0;
      const exemplar = exemplars[bucket];
      const value = { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
      return exemplar === undefined ? value : { ...value, exemplar: exemplarOf(exemplar) };
    });
    return [
      ...buckets,
      { labels, value: sumMs / 1_000, metricName: `${name}_sum` },
      { labels, value: count, metricName: `${name}_count` },
    ];
  }
}

function exemplarOf({ traceParent, ms, at }: Exemplar): object {
  return { labelSet: { trace_id: traceIdIn(traceParent) }, value: ms / 1_000, timestamp: at / 1_000 };
}
