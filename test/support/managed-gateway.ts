import type {
  ManagedGateway,
  ProcessPhase,
  WorkerBreakers,
  WorkerExplanation,
  WorkerView,
} from '../../src/admin/managed-gateway.ts';
import type { ReloadOutcome } from '../../src/admin/reload-outcome.ts';
import type { SessionAnswer } from '../../src/admin/session-answer.ts';
import type { BreakerCommand } from '../../src/config/breaker-command.ts';
import type { PurgeRequest } from '../../src/config/purge-request.ts';
import type { SessionCommand, SessionQuery } from '../../src/config/session-command.ts';
import type { ExplainQuery } from '../../src/core/explanation.ts';
import type { GenerationView } from '../../src/core/generation-view.ts';
import type { ProcessSubject, ProcessViews, RequestCounts } from '../../src/core/process-views.ts';
import type { RequestQuery, RequestView } from '../../src/core/request-view.ts';
import type { SessionListing, SessionsEnded } from '../../src/core/session-listing.ts';
import { Metrics, type MetricsSnapshot } from '../../src/telemetry/metrics.ts';
import { finishedRecord } from './request-record.ts';
import { NONE, serviceReading } from './service-reading.ts';

const REQUEST: RequestView = {
  requestId: 'r-1',
  traceId: 'a'.repeat(32),
  at: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  path: '/a/7',
  route: '/a/{id}',
  file: 'routes/a/[id].get.ts',
  status: 200,
  durationMs: 12,
  waitingMs: 11,
  usualMs: 10,
  failure: undefined,
  fallbacks: [],
  isLongLived: false,
  site: {
    cache: undefined,
    keyedBy: [],
    breaker: undefined,
    fallback: undefined,
    limit: undefined,
    queuedMs: 0,
    isHedged: false,
    attempts: [],
  },
  parts: [],
  findings: [],
};

const VIEWS: ProcessViews = {
  counts: { active: 0, routes: [], cache: [], eventLoop: [] },
  services: [
    {
      service: 'catalog',
      inFlight: 2,
      streams: 0,
      waiting: 1,
      limit: 37,
      mode: 'held',
      learned: { usualMs: 20, meanMs: 30, perSecond: 1_500 },
      targets: [
        {
          origin: 'http://catalog:80',
          group: 'stable',
          state: 'ejected',
          weight: 1,
          costMs: 12,
          inFlight: 2,
          streams: 0,
        },
      ],
    },
  ],
  stored: {
    bytes: 2_048,
    maxBytes: 4_096,
    entries: 3,
    tags: [{ tag: 'catalog', responses: 2, bytes: 1_024 }],
    moreTags: 0,
    untagged: { responses: 1, bytes: 100 },
  },
};

/** A gateway that does whatever it may be commanded, and keeps the commands. */
export class FakeStatus implements ManagedGateway {
  readonly canReload = true;
  phase: ProcessPhase = 'ready';
  generation = 3;
  pids = [11, 12];
  routes = [
    {
      method: 'GET',
      path: '/a/{id}',
      pattern: '/a/[id]',
      response: 'proxy catalog',
      policies: [],
      file: 'routes/a/[id].get.ts',
    },
  ];
  readonly purged: PurgeRequest[] = [];
  readonly ordered: BreakerCommand[] = [];
  readonly ended: SessionCommand[] = [];
  readonly queried: RequestQuery[] = [];
  readonly #metrics = new Metrics({
    services: () => [
      serviceReading({
        inFlight: 2,
        limit: 37,
        mode: 'held',
        learned: { usualMs: 20, meanMs: 30, rate: 1.5, held: true },
        shed: { critical: NONE, default: { ...NONE, deadline: 5 }, prefetch: NONE, bulk: NONE },
        targets: { healthy: 2, ejected: 1, unhealthy: 0, backing_off: 0 },
        ejections: 3,
      }),
    ],
    store: () => ({ bytes: 2_048, entries: 3 }),
  });

  constructor() {
    this.#metrics.finished(finishedRecord(7, { route: '/a/{id}', path: '/a/1' }));
    const site = this.#metrics.callSite('/a/{id}', 'stock');
    site.breaker('open');
    site.breakerOpened();
    site.breakerRefused();
    site.breakerRefused();
    this.#metrics.callSite('/b', undefined).breaker('closed');
  }

  async purge(order: PurgeRequest): Promise<number> {
    this.purged.push(order);
    return 7;
  }

  reloading: ReloadOutcome = { kind: 'reloaded', generation: 4, routes: 1 };

  async reload(): Promise<ReloadOutcome> {
    return this.reloading;
  }

  async explain({ method, path }: ExplainQuery): Promise<WorkerExplanation[]> {
    const outcome = { kind: 'own-response', status: 204, detail: '' } as const;
    return this.pids.map(pid => ({ pid, explanation: { method, url: path, outcome } }));
  }

  async openApi(): Promise<string | undefined> {
    return this.phase === 'ready' && this.pids.length > 0 ? '{"openapi":"3.1.2","paths":{}}' : undefined;
  }

  async breakers(): Promise<WorkerBreakers[]> {
    const counts = { state: 'closed', held: false, failed: 1, total: 3 } as const;
    const breakers = ['GET /a/{id}', 'GET /a/{id}#stock', 'payments'].map(site => ({
      ...counts,
      site,
      usedBy: [site],
      services: ['catalog'],
    }));
    return this.pids.map(pid => ({ pid, breakers }));
  }

  async counts(): Promise<RequestCounts> {
    return this.#metrics.counts();
  }

  async inspect<Subject extends ProcessSubject>(subject: Subject): Promise<WorkerView<Subject>[]> {
    return this.pids.map(pid => ({ pid, view: VIEWS[subject] }));
  }

  async sessions({ user }: SessionQuery): Promise<SessionAnswer<SessionListing> | undefined> {
    if (this.pids.length === 0) return undefined;
    const one = { id: 'i'.repeat(22), issuer: 'https://id.example', scopes: [], roles: [], hasTokens: true };
    const sessions = [{ ...one, subject: user ?? 'anybody', startedAt: '2026-01-01T00:00:00.000Z', ageSeconds: 9 }];
    return { value: { store: 'disk', sessions, more: 0 } };
  }

  async endSessions(command: SessionCommand): Promise<SessionAnswer<SessionsEnded> | undefined> {
    this.ended.push(command);
    if (this.pids.length === 0) return undefined;
    return { value: { store: 'disk', ended: 'id' in command ? 0 : 2 } };
  }

  async history(): Promise<readonly GenerationView[]> {
    return [];
  }

  async requests(query: RequestQuery): Promise<readonly RequestView[]> {
    this.queried.push(query);
    return 'id' in query && query.id !== 'r-1' ? [] : [REQUEST];
  }

  async commandBreaker(order: BreakerCommand): Promise<void> {
    this.ordered.push(order);
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#metrics.snapshot();
  }
}
