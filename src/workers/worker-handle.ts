import cluster, { type Worker } from 'node:cluster';
import type { WorkerBreakers, WorkerExplanation, WorkerView } from '../admin/managed-gateway.ts';
import type { SessionAnswer } from '../admin/session-answer.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { BreakerReading } from '../core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from '../core/explanation.ts';
import type { CircuitHint } from '../core/ports/circuit-hints.ts';
import type { RateQuota, RateVerdict } from '../core/ports/rate-counts.ts';
import type { SessionEnd } from '../core/ports/session-news.ts';
import type { ProcessSubject, ProcessViews, RequestCounts } from '../core/process-views.ts';
import type { Purge } from '../core/purge.ts';
import { NO_COUNTS } from '../core/request-counts.ts';
import type { RequestQuery, RequestView } from '../core/request-view.ts';
import type { SessionListing, SessionsEnded } from '../core/session-listing.ts';
import { outputsNeverWait } from '../telemetry/log-output.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import type { Claimant, FetchClaims } from './fetch-claims.ts';
import type { GenerationOptions } from './generation-history.ts';
import {
  type ClaimSettled,
  type Description,
  type DrainOptions,
  isOurs,
  type Serving,
  type ToPrimary,
  type ToWorker,
} from './messages.ts';
import { StartRefused } from './start-failure.ts';
import { type WorkerOptions, workerOptionsAsEnv } from './worker-options.ts';

/** A worker that is busy for longer is reported with its last metrics. */
const MEASURE_MS = 2_000;
/** A store with a million sessions takes seconds to list them. */
const SESSIONS_MS = 6_000;
/** Time for a worker to close sockets and files after its drain. */
const LEAVE_MS = 3_000;

/** What a worker does together with the others. */
export interface WorkerNeighbors {
  wrote(purge: Purge): void;
  take(quota: RateQuota, key: string): RateVerdict;
  readonly claims: FetchClaims;
  ended(end: SessionEnd): void;
  concluded(hint: CircuitHint): void;
}

/** A worker from the perspective of its primary. */
export class WorkerHandle implements Claimant {
  readonly pid: number;
  readonly load: number;
  /** Resolves when it serves; rejects with StartRefused. */
  readonly serving: Promise<Serving>;
  /** How it ended: `exit code 1`, `SIGKILL`. */
  readonly gone: Promise<string>;
  #isGone = false;
  #isServing = false;
  #metrics: MetricsSnapshot = [];
  #counts: RequestCounts = NO_COUNTS;
  #lastRequestId = 0;
  readonly #neighbors: WorkerNeighbors;
  readonly #worker: Worker;
  readonly #served = Promise.withResolvers<Serving>();
  readonly #pendingRequests = new Map<number, (metrics: MetricsSnapshot) => void>();
  readonly #explaining = new Map<number, (explanation: Explanation | undefined) => void>();
  readonly #listing = new Map<number, (breakers: readonly BreakerReading[] | undefined) => void>();
  readonly #inspecting = new Map<number, (views: Partial<ProcessViews>) => void>();
  readonly #listingSessions = new Map<number, (answer: SessionAnswer<SessionListing> | undefined) => void>();
  readonly #endingSessions = new Map<number, (answer: SessionAnswer<SessionsEnded> | undefined) => void>();
  readonly #listingRequests = new Map<number, (requests: readonly RequestView[]) => void>();
  readonly #listingOptions = new Map<number, (options: GenerationOptions | undefined) => void>();
  readonly #describing = new Map<number, (description: Description | undefined) => void>();
  readonly #purging = new Map<number, (entries: number) => void>();
  readonly #retired = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();

  /**
   * @param load the number of the load of the routes.
   * @param neighbors.wrote receives the purges of writes in this worker.
   * @param neighbors.take counts a request for a rate limit.
   * @param neighbors.claims knows what the workers fetch.
   * @param neighbors.ended receives the ends of sessions in this worker.
   * @param neighbors.concluded receives what this worker finds out about backends.
   */
  constructor(options: WorkerOptions, load: number, neighbors: WorkerNeighbors) {
    this.load = load;
    this.#neighbors = neighbors;
    this.#worker = cluster.fork(workerOptionsAsEnv(options));
    // The start of a child makes the writes to outputs that it shares wait.
    outputsNeverWait();
    this.pid = this.#worker.process.pid ?? 0;
    this.serving = this.#served.promise;
    // The parent may await it later, perhaps after the failure of another worker.
    this.serving.catch(() => undefined);
    this.#worker.on('message', message => {
      if (isOurs(message)) this.#hear(message as ToPrimary);
    });
    // A message to a dying worker fails; its exit is handled elsewhere.
    this.#worker.on('error', () => undefined);
    this.gone = new Promise(resolve => {
      this.#worker.once('exit', (code: number, signal: string | null) => {
        const how = signal ?? `exit code ${code}`;
        this.#end(how);
        resolve(how);
      });
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Its last metrics. */
  get lastMetrics(): MetricsSnapshot {
    return this.#metrics;
  }

  async measure(): Promise<MetricsSnapshot> {
    if (!this.#isServing || this.#isGone) return this.#metrics;
    return this.#ask(
      this.#pendingRequests,
      requestId => ({ kind: 'portico.measure', requestId }),
      () => this.#metrics,
    );
  }

  /** Its explanation of a request; undefined if it does not respond in time. */
  async explain(query: ExplainQuery): Promise<WorkerExplanation | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    const explanation = await this.#ask(
      this.#explaining,
      requestId => ({ kind: 'portico.explain', requestId, query }),
      () => undefined,
    );
    return explanation && { pid: this.pid, explanation };
  }

  /** Its circuits; undefined if it does not respond in time. */
  async breakers(): Promise<WorkerBreakers | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    const breakers = await this.#ask(
      this.#listing,
      requestId => ({ kind: 'portico.list-breakers', requestId }),
      () => undefined,
    );
    return breakers && { pid: this.pid, breakers };
  }

  /** Its last counts. */
  get lastCounts(): RequestCounts {
    return this.#counts;
  }

  /** What it has counted, or had if it does not respond in time. */
  async counts(): Promise<RequestCounts> {
    this.#counts = (await this.inspect('counts'))?.view ?? this.#counts;
    return this.#counts;
  }

  /** A view of it; undefined if it does not respond in time. */
  async inspect<Subject extends ProcessSubject>(subject: Subject): Promise<WorkerView<Subject> | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    const views = await this.#ask<Partial<ProcessViews>>(
      this.#inspecting,
      requestId => ({ kind: 'portico.inspect', requestId, subject }),
      () => ({}),
    );
    const view = views[subject];
    return view && { pid: this.pid, view };
  }

  /** The sessions; undefined if it does not respond in time. */
  async sessions(query: SessionQuery): Promise<SessionAnswer<SessionListing> | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    return this.#ask<SessionAnswer<SessionListing> | undefined>(
      this.#listingSessions,
      requestId => ({ kind: 'portico.list-sessions', requestId, query }),
      () => undefined,
      SESSIONS_MS,
    );
  }

  /** Ends sessions; undefined if it does not respond in time. */
  async endSessions(command: SessionCommand): Promise<SessionAnswer<SessionsEnded> | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    return this.#ask<SessionAnswer<SessionsEnded> | undefined>(
      this.#endingSessions,
      requestId => ({ kind: 'portico.end-sessions', requestId, command }),
      () => undefined,
      SESSIONS_MS,
    );
  }

  /** Its latest requests; none if it does not respond in time. */
  async requests(query: RequestQuery): Promise<readonly RequestView[]> {
    if (!this.#isServing || this.#isGone) return [];
    return this.#ask<readonly RequestView[]>(
      this.#listingRequests,
      requestId => ({ kind: 'portico.list-requests', requestId, query }),
      () => [],
    );
  }

  /** The written options of its routes, services and gateway; undefined if it does not respond in time. */
  async options(key: string): Promise<GenerationOptions | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    return this.#ask<GenerationOptions | undefined>(
      this.#listingOptions,
      requestId => ({ kind: 'portico.list-options', requestId, key }),
      () => undefined,
    );
  }

  /** Its OpenAPI document; undefined if it does not respond in time. @throws Error if it cannot be written. */
  async openApi(): Promise<string | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    const description = await this.#ask<Description | undefined>(
      this.#describing,
      requestId => ({ kind: 'portico.describe', requestId }),
      () => undefined,
    );
    if (description !== undefined && 'failure' in description) throw new Error(description.failure);
    return description?.document;
  }

  /**
   * It accepts no new connections and has closed idle ones, so new clients reach another worker. Limited in time,
   * because it may be busy.
   */
  async stepAside(): Promise<void> {
    if (!this.#isServing || this.#isGone) return;
    this.#tell({ kind: 'portico.retire' });
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, MEASURE_MS);
    await Promise.race([this.#retired.promise, this.gone, late]);
    clearTimeout(timer);
  }

  /** Drains it. May be called again with a shorter grace period. */
  async retire(drainOptions: DrainOptions, idleMs: number): Promise<void> {
    if (!this.#isServing) {
      this.#kill();
      await this.gone;
      return;
    }
    this.#tell({ kind: 'portico.drain', drainOptions });
    const timer = setTimeout(() => this.#kill(), drainOptions.graceMs + idleMs + LEAVE_MS);
    await Promise.race([this.#drained.promise, this.gone]);
    // It exits on a message, because connections that the primary handed over earlier come first in the channel and are
    // returned.
    this.#tell({ kind: 'portico.leave' });
    await this.gone;
    clearTimeout(timer);
  }

  /** Another worker has found out about a backend. */
  tellCircuit(hint: CircuitHint): void {
    this.#tell({ kind: 'portico.circuit', hint });
  }

  /** A session ended in another worker. */
  tellEnd(end: SessionEnd): void {
    this.#tell({ kind: 'portico.session-ended', end });
  }

  /** Applies a purge of a write in another worker. */
  purge(purge: Purge): void {
    this.#tell({ kind: 'portico.purge', purge });
  }

  /**
   * The same, and resolves when it is applied: the channel keeps its order, so a response to a later message proves it.
   * @returns the number of stored responses that it covers; 0 if the worker does not respond in time.
   */
  async purgeAndCount(purge: Purge): Promise<number> {
    this.purge(purge);
    return this.#countPurged(purge);
  }

  /** The same, and it publishes to the other hosts. */
  async purgeEverywhereAndCount(purge: Purge): Promise<number> {
    this.#tell({ kind: 'portico.purge', purge, relay: true });
    return this.#countPurged(purge);
  }

  async #countPurged(purge: Purge): Promise<number> {
    if (!this.#isServing || this.#isGone) return 0;
    return this.#ask(
      this.#purging,
      requestId => ({ kind: 'portico.count-purged', requestId, purge }),
      () => 0,
    );
  }

  commandBreaker(options: BreakerCommand): void {
    this.#tell({ kind: 'portico.breaker', command: options });
  }

  /** Sends a breaker command, and resolves when it is applied. */
  async breakerCommanded(options: BreakerCommand): Promise<void> {
    this.commandBreaker(options);
    await this.measure();
  }

  claimed(requestId: number, claimId: number | undefined): void {
    this.#tell({ kind: 'portico.claimed', requestId, ...(claimId !== undefined && { claimId }) });
  }

  settled(requestId: number, found: ClaimSettled): void {
    this.#tell({ kind: 'portico.settled', requestId, found });
  }

  handOver(claimId: number): void {
    this.#tell({ kind: 'portico.hand-over', claimId });
  }

  /** Kills it unless it serves. */
  abandon(): void {
    if (!this.#isServing) this.#kill();
  }

  /** @param late the value for a worker that does not respond in time. @param ms that time. */
  async #ask<T>(
    waiting: Map<number, (response: T) => void>,
    message: (requestId: number) => ToWorker,
    late: () => T,
    ms = MEASURE_MS,
  ): Promise<T> {
    const requestId = this.#lastRequestId++;
    const { promise, resolve } = Promise.withResolvers<T>();
    waiting.set(requestId, resolve);
    const timer = setTimeout(() => resolve(late()), ms);
    this.#tell(message(requestId));
    const response = await promise;
    clearTimeout(timer);
    waiting.delete(requestId);
    return response;
  }

  #kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  #hear(message: ToPrimary): void {
    switch (message.kind) {
      case 'portico.serving':
        this.#isServing = true;
        this.#served.resolve(message.serving);
        return;
      case 'portico.refused':
        this.#served.reject(new StartRefused(message.failure));
        return;
      case 'portico.measured':
        this.#metrics = message.metrics;
        this.#pendingRequests.get(message.requestId)?.(message.metrics);
        return;
      case 'portico.explained':
        this.#explaining.get(message.requestId)?.(message.explanation);
        return;
      case 'portico.breakers':
        this.#listing.get(message.requestId)?.(message.breakers);
        return;
      case 'portico.inspected':
        this.#inspecting.get(message.requestId)?.(message.views);
        return;
      case 'portico.sessions':
        this.#listingSessions.get(message.requestId)?.(message.answer);
        return;
      case 'portico.sessions-ended':
        this.#endingSessions.get(message.requestId)?.(message.answer);
        return;
      case 'portico.requests':
        this.#listingRequests.get(message.requestId)?.(message.requests);
        return;
      case 'portico.options':
        this.#listingOptions.get(message.requestId)?.(message.options);
        return;
      case 'portico.described':
        this.#describing.get(message.requestId)?.(message.description);
        return;
      case 'portico.purge':
        this.#neighbors.wrote(message.purge);
        return;
      case 'portico.session-ended':
        this.#neighbors.ended(message.end);
        return;
      case 'portico.circuit':
        this.#neighbors.concluded(message.hint);
        return;
      case 'portico.take':
        this.#take(message);
        return;
      case 'portico.claim':
        this.#neighbors.claims.claim(this, message.requestId, message.key);
        return;
      case 'portico.fetched':
        this.#neighbors.claims.over(this, message.claimId, message.result);
        return;
      case 'portico.handed':
        this.#neighbors.claims.handed(this, message.claimId, message.entries);
        return;
      case 'portico.purged':
        this.#purging.get(message.requestId)?.(message.entries);
        return;
      case 'portico.retired':
        this.#retired.resolve();
        return;
      case 'portico.drained':
        this.#metrics = message.metrics;
        this.#drained.resolve();
    }
  }

  #take({ requestId, quota, key }: ToPrimary & { readonly kind: 'portico.take' }): void {
    this.#tell({ kind: 'portico.taken', requestId, verdict: this.#neighbors.take(quota, key) });
  }

  #end(how: string): void {
    this.#isGone = true;
    this.#neighbors.claims.gone(this);
    const stack = `a worker ended before it served (${how})`;
    this.#served.reject(new StartRefused({ kind: 'crash', stack }));
    for (const response of this.#pendingRequests.values()) response(this.#metrics);
    for (const response of this.#explaining.values()) response(undefined);
    for (const response of this.#listing.values()) response(undefined);
    for (const response of this.#inspecting.values()) response({});
    for (const response of this.#listingSessions.values()) response(undefined);
    for (const response of this.#endingSessions.values()) response(undefined);
    for (const response of this.#listingRequests.values()) response([]);
    for (const response of this.#listingOptions.values()) response(undefined);
    for (const response of this.#describing.values()) response(undefined);
    for (const response of this.#purging.values()) response(0);
  }
}
