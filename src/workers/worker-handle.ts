import cluster, { type Worker } from 'node:cluster';
import type { WorkerBreakers, WorkerExplanation, WorkerView } from '../admin/managed-gateway.ts';
import type { SessionAnswer } from '../admin/session-answer.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { ExplainQuery } from '../core/explanation.ts';
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
  type DrainOptions,
  isOurs,
  type Serving,
  type ToPrimary,
  type ToWorker,
} from './messages.ts';
import type { ImportedFiles } from './module-recorder.ts';
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
  imported(files: ImportedFiles): void;
  compiled(schemas: string): void;
}

/** What a worker responds with, by the id of the message. */
type Answer = Extract<
  ToPrimary,
  {
    readonly kind:
      | 'portico.measured'
      | 'portico.explained'
      | 'portico.breakers'
      | 'portico.inspected'
      | 'portico.sessions'
      | 'portico.sessions-ended'
      | 'portico.requests'
      | 'portico.options'
      | 'portico.described'
      | 'portico.purged';
  }
>;

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
  /** What waits for an answer; undefined for none in time. */
  readonly #pending = new Map<number, (answer: Answer | undefined) => void>();
  readonly #retired = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();

  /**
   * @param load the number of the load of the routes.
   * @param neighbors.wrote receives the purges of writes in this worker.
   * @param neighbors.take counts a request for a rate limit.
   * @param neighbors.claims knows what the workers fetch.
   * @param neighbors.ended receives the ends of sessions in this worker.
   * @param neighbors.concluded receives what this worker finds out about backends.
   * @param neighbors.imported receives what this worker imports in `dev`.
   * @param neighbors.compiled receives the digests of the schemas that this worker has compiled in `dev`.
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
    await this.#request('portico.measured', requestId => ({ kind: 'portico.measure', requestId }));
    return this.#metrics;
  }

  /** Its explanation of a request; undefined if it does not respond in time. */
  async explain(query: ExplainQuery): Promise<WorkerExplanation | undefined> {
    const answer = await this.#request('portico.explained', requestId => ({
      kind: 'portico.explain',
      requestId,
      query,
    }));
    return answer && { pid: this.pid, explanation: answer.explanation };
  }

  /** Its circuits; undefined if it does not respond in time. */
  async breakers(): Promise<WorkerBreakers | undefined> {
    const answer = await this.#request('portico.breakers', requestId => ({ kind: 'portico.list-breakers', requestId }));
    return answer && { pid: this.pid, breakers: answer.breakers };
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
    const answer = await this.#request('portico.inspected', requestId => ({
      kind: 'portico.inspect',
      requestId,
      subject,
    }));
    const views: Partial<ProcessViews> = answer?.views ?? {};
    const view = views[subject];
    return view && { pid: this.pid, view };
  }

  /** The sessions; undefined if it does not respond in time. */
  async sessions(query: SessionQuery): Promise<SessionAnswer<SessionListing> | undefined> {
    const message = (requestId: number) => ({ kind: 'portico.list-sessions', requestId, query }) as const;
    return (await this.#request('portico.sessions', message, SESSIONS_MS))?.answer;
  }

  /** Ends sessions; undefined if it does not respond in time. */
  async endSessions(command: SessionCommand): Promise<SessionAnswer<SessionsEnded> | undefined> {
    const message = (requestId: number) => ({ kind: 'portico.end-sessions', requestId, command }) as const;
    return (await this.#request('portico.sessions-ended', message, SESSIONS_MS))?.answer;
  }

  /** Its latest requests; none if it does not respond in time. */
  async requests(query: RequestQuery): Promise<readonly RequestView[]> {
    const answer = await this.#request('portico.requests', requestId => ({
      kind: 'portico.list-requests',
      requestId,
      query,
    }));
    return answer?.requests ?? [];
  }

  /** The written options of its routes, services and gateway; undefined if it does not respond in time. */
  async options(key: string): Promise<GenerationOptions | undefined> {
    const answer = await this.#request('portico.options', requestId => ({
      kind: 'portico.list-options',
      requestId,
      key,
    }));
    return answer?.options;
  }

  /** Its OpenAPI document; undefined if it does not respond in time. @throws Error if it cannot be written. */
  async openApi(): Promise<string | undefined> {
    const answer = await this.#request('portico.described', requestId => ({ kind: 'portico.describe', requestId }));
    const description = answer?.description;
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
      this.kill();
      await this.gone;
      return;
    }
    this.#tell({ kind: 'portico.drain', drainOptions });
    const timer = setTimeout(() => this.kill(), drainOptions.graceMs + idleMs + LEAVE_MS);
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
    const answer = await this.#request('portico.purged', requestId => ({
      kind: 'portico.count-purged',
      requestId,
      purge,
    }));
    return answer?.entries ?? 0;
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
    if (!this.#isServing) this.kill();
  }

  /** @param kind of the answer. @returns undefined if it does not serve, or does not respond in that time. */
  async #request<Kind extends Answer['kind']>(
    kind: Kind,
    message: (requestId: number) => ToWorker,
    ms = MEASURE_MS,
  ): Promise<Extract<Answer, { readonly kind: Kind }> | undefined> {
    if (!this.#isServing || this.#isGone) return undefined;
    const requestId = this.#lastRequestId++;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    this.#pending.set(requestId, resolve);
    const timer = setTimeout(() => resolve(undefined), ms);
    this.#tell(message(requestId));
    const answer = await promise;
    clearTimeout(timer);
    this.#pending.delete(requestId);
    return answer !== undefined && isOfKind(answer, kind) ? answer : undefined;
  }

  kill(): void {
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
      case 'portico.compiled':
        this.#neighbors.compiled(message.schemas);
        return;
      case 'portico.imported':
        this.#neighbors.imported(message.imported);
        return;
      case 'portico.measured':
        this.#metrics = message.metrics;
        this.#pending.get(message.requestId)?.(message);
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
      case 'portico.retired':
        this.#retired.resolve();
        return;
      case 'portico.drained':
        this.#metrics = message.metrics;
        this.#drained.resolve();
        return;
      default:
        this.#pending.get(message.requestId)?.(message);
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
    for (const answer of this.#pending.values()) answer(undefined);
  }
}

function isOfKind<Kind extends Answer['kind']>(
  answer: Answer,
  kind: Kind,
): answer is Extract<Answer, { readonly kind: Kind }> {
  return answer.kind === kind;
}
