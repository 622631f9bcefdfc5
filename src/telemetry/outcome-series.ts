import type { DurationHistogram, DurationSeries } from './duration-histogram.ts';

/** The series of a histogram that differ in `http_response_status_code` and `error_type` alone. */
export class OutcomeSeries {
  readonly #histogram: DurationHistogram;
  readonly #labels: Readonly<Record<string, string>>;
  /** Of requests without an error, by status. */
  readonly #successes: (DurationSeries | undefined)[] = [];
  /** By status and error. */
  readonly #errors = new Map<string, DurationSeries>();

  /** @param labels what all of them have. */
  constructor(histogram: DurationHistogram, labels: Readonly<Record<string, string>>) {
    this.#histogram = histogram;
    this.#labels = labels;
  }

  get all(): readonly DurationSeries[] {
    return [...this.#successes.filter(series => series !== undefined), ...this.#errors.values()];
  }

  /** @param status undefined without a response. @param error undefined for a success. */
  of(status: number | undefined, error: string | undefined): DurationSeries {
    if (error === undefined && status !== undefined) {
      const series = this.#successes[status] ?? this.#begin(status, undefined);
      this.#successes[status] = series;
      return series;
    }
    const key = `${status} ${error}`;
    const series = this.#errors.get(key) ?? this.#begin(status, error);
    this.#errors.set(key, series);
    return series;
  }

  #begin(status: number | undefined, error: string | undefined): DurationSeries {
    return this.#histogram.series({
      ...this.#labels,
      ...(status === undefined ? {} : { http_response_status_code: String(status) }),
      ...(error === undefined ? {} : { error_type: error }),
    });
  }
}

/** Clients can invent methods, so unknown ones share a label (OpenTelemetry, `http.request.method`). */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : '_OTHER';
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
