import type { AttemptMeter } from '../core/ports/meter.ts';
import { DurationHistogram, usualMs } from './duration-histogram.ts';
import { knownMethod, OutcomeSeries } from './outcome-series.ts';
import { HTTP_ENDS_MS } from './request-metrics.ts';

/** Calls to backends, by service: addresses are no labels, because targets come and go. */
export class AttemptMetrics {
  readonly histogram = new DurationHistogram({
    name: 'http_client_request_duration_seconds',
    help: 'Time of an attempt at a target, from its start to the response headers or a failure',
    labelNames: ['service', 'http_request_method', 'http_response_status_code', 'error_type'],
    endsMs: HTTP_ENDS_MS,
  });

  readonly #services = new Map<string, Map<string, OutcomeSeries>>();

  of(service: string): AttemptMeter {
    const byMethod = new Map<string, OutcomeSeries>();
    this.#services.set(service, byMethod);
    return {
      answered: (method, outcome, status, ms) => {
        const series = byMethod.get(method) ?? this.#begin(byMethod, service, method);
        // OpenTelemetry, `error.type`: the status of a failed response, or the name of another failure.
        const error = status === undefined ? outcome : status >= 500 ? String(status) : undefined;
        series.of(status, error).observe(ms);
      },
    };
  }

  /** What 95 % of the attempts take at most until the response headers; undefined without enough attempts. */
  usualMs(service: string): number | undefined {
    const all = new Set(this.#services.get(service)?.values());
    return usualMs(
      [...all].flatMap(series => series.all),
      HTTP_ENDS_MS,
    );
  }

  #begin(byMethod: Map<string, OutcomeSeries>, service: string, method: string): OutcomeSeries {
    const label = knownMethod(method);
    const labels = { service, http_request_method: label };
    const series = byMethod.get(label) ?? new OutcomeSeries(this.histogram, labels);
    byMethod.set(label, series);
    byMethod.set(method, series);
    return series;
  }
}
