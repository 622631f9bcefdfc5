import type * as Prometheus from '@prometheus-io/client';
import type { AuthResult, RenewalResult, SessionEndReason, SessionMeter } from '../core/ports/meter.ts';
import { Counter } from './prometheus.ts';

/** A counted number with the labels under which it is shown. */
interface CountedSeries {
  readonly labels: Readonly<Record<string, string>>;
  count: number;
}

/** A counter whose numbers are counted outside of the library, which looks labels up at each increment. */
class CollectedCounter {
  readonly #counter: Prometheus.Counter<string>;
  readonly #series: CountedSeries[] = [];

  constructor(registry: Prometheus.Registry, name: string, help: string, labelNames: readonly string[]) {
    this.#counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  }

  /** It is shown from now on, with zero: a rate ignores the first value of a new series. */
  series(labels: CountedSeries['labels']): CountedSeries {
    const series = { labels, count: 0 };
    this.#series.push(series);
    return series;
  }

  collect(): void {
    this.#counter.reset();
    // Several may have the same labels: those of a route and of its upgrades.
    for (const { labels, count } of this.#series) this.#counter.inc(labels, count);
  }
}

/** What decides about requests before they reach a backend: who sends them, how often, and from where. */
export class EdgeMetrics {
  readonly #registry: Prometheus.Registry;
  readonly #auth: CollectedCounter;
  readonly #rateLimited: CollectedCounter;
  readonly #csrfRefused: CollectedCounter;
  readonly #renewals: CollectedCounter;
  readonly #ended: CollectedCounter;
  #begun: CollectedCounter | undefined;

  constructor(registry: Prometheus.Registry) {
    this.#registry = registry;
    this.#auth = new CollectedCounter(
      registry,
      'portico_auth_total',
      'Requests of routes with `auth`, by what authenticated them; unauthorized also for pages led to the sign-in',
      ['route', 'result'],
    );
    this.#rateLimited = new CollectedCounter(
      registry,
      'portico_rate_limited_total',
      'Requests that a rate limit refused, by the name of the limit',
      ['route', 'limit'],
    );
    this.#csrfRefused = new CollectedCounter(
      registry,
      'portico_csrf_refused_total',
      'Requests that were refused because another site sent them with the cookie of a user',
      ['route'],
    );
    this.#ended = new CollectedCounter(
      registry,
      'portico_sessions_ended_total',
      'Sessions that are known to have ended before their time; of those that browsers keep, the logouts alone',
      ['why'],
    );
    this.#renewals = new CollectedCounter(
      registry,
      'portico_token_renewals_total',
      'Renewals of the access tokens of sessions at the identity provider, by their result',
      ['result'],
    );
  }

  auth(route: string): (result: AuthResult) => void {
    const known: Partial<Record<AuthResult, CountedSeries>> = {
      unauthorized: this.#auth.series({ route, result: 'unauthorized' }),
      forbidden: this.#auth.series({ route, result: 'forbidden' }),
    };
    return result => {
      const series = known[result] ?? this.#auth.series({ route, result });
      known[result] = series;
      series.count++;
    };
  }

  rateLimited(route: string, limit: string): () => void {
    const series = this.#rateLimited.series({ route, limit });
    return () => void series.count++;
  }

  csrfRefused(route: string): () => void {
    const series = this.#csrfRefused.series({ route });
    return () => void series.count++;
  }

  sessions(): SessionMeter {
    // Without labels it would show zero in every gateway.
    this.#begun ??= new CollectedCounter(
      this.#registry,
      'portico_sessions_begun_total',
      'Sessions that sign-ins began',
      [],
    );
    const begun = this.#begun.series({});
    const ended = seriesOf(ENDS, why => this.#ended.series({ why }));
    const renewals = seriesOf(RENEWALS, result => this.#renewals.series({ result }));
    return {
      begun: () => void begun.count++,
      ended: (why, count) => {
        ended[why].count += count;
      },
      renewal: result => void renewals[result].count++,
    };
  }

  collect(): void {
    const all = [this.#auth, this.#rateLimited, this.#csrfRefused, this.#begun, this.#ended, this.#renewals];
    for (const counter of all) counter?.collect();
  }
}

const ENDS: readonly SessionEndReason[] = ['logout', 'back_channel', 'operator', 'provider', 'replaced'];
const RENEWALS: readonly RenewalResult[] = ['renewed', 'ended', 'unavailable'];

function seriesOf<Name extends string>(
  names: readonly Name[],
  create: (name: Name) => CountedSeries,
): Record<Name, CountedSeries> {
  return Object.fromEntries(names.map(name => [name, create(name)])) as Record<Name, CountedSeries>;
}
