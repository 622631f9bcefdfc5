import cluster from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type {
  ManagedGateway,
  ProcessPhase,
  WorkerBreakers,
  WorkerExplanation,
  WorkerView,
} from '../admin/managed-gateway.ts';
import type { ReloadOutcome } from '../admin/reload-outcome.ts';
import type { RouteRow } from '../admin/route-row.ts';
import type { SessionAnswer } from '../admin/session-answer.ts';
import type { BreakerCommand } from '../config/breaker-command.ts';
import { type PurgeRequest, purgeOf } from '../config/purge-request.ts';
import type { SessionCommand, SessionQuery } from '../config/session-command.ts';
import type { StartFailure } from '../config-loader/start-failure.ts';
import { BackOff } from '../core/back-off.ts';
import type { ExplainQuery } from '../core/explanation.ts';
import type { GenerationView, OptionChange } from '../core/generation-view.ts';
import { fractionalNow, systemClock } from '../core/ports/clock.ts';
import type { SessionEnd } from '../core/ports/session-news.ts';
import type { ProcessSubject, RequestCounts } from '../core/process-views.ts';
import type { Purge } from '../core/purge.ts';
import { RateCounts } from '../core/rate-counts.ts';
import { laterOf, NO_COUNTS, sumOfCounts } from '../core/request-counts.ts';
import type { RequestQuery, RequestView } from '../core/request-view.ts';
import type { SessionListing, SessionsEnded } from '../core/session-listing.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { processMetrics } from '../telemetry/process-metrics.ts';
import { countsIn } from '../telemetry/request-counts.ts';
import { latestFirst } from '../why/latest-first.ts';
import { FetchClaims } from './fetch-claims.ts';
import { GenerationHistory, optionChanges } from './generation-history.ts';
import { initialLimits } from './initial-limits.ts';
import type { DrainOptions, Serving } from './messages.ts';
import { MetricsAggregator } from './metrics-aggregator.ts';
import type { ImportedFiles } from './module-recorder.ts';
import { startFailure } from './start-failure.ts';
import { WorkerHandle } from './worker-handle.ts';
import type { WorkerOptions } from './worker-options.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));

/**
 * How long an idle connection may still bring a request to a worker that exits: Node's keep-alive time and its buffer.
 */
const IDLE_MS = 6_000;

/** The most ends of sessions that later workers receive; beyond it the older half is forgotten. */
const MAX_ENDS = 100_000;

/** Events of a worker pool that no command causes. */
interface WorkerPoolEvents {
  /** A reload begins; `reloaded` or `refused` follows, or it begins again. */
  reloading(): void;
  reloaded(generation: number, serving: Serving): void;
  /** New workers do not serve, so the old ones continue. */
  refused(failure: StartFailure): void;
  died(pid: number, how: string): void;
  replaced(pid: number): void;
  /** In `dev`, what a worker imports, while it loads and later. */
  imported?(files: ImportedFiles): void;
  /** All workers have died, and with them the socket that they were passed, so no other can serve. */
  socketLost(): void;
}

export interface WorkerPoolOptions {
  readonly command: WorkerOptions;
  readonly size: number;
  readonly graceMs: number;
  readonly events: WorkerPoolEvents;
}

/** The workers of one primary: the configured number, all of one generation, replaced when they die. */
export class WorkerPool implements ManagedGateway {
  readonly canReload = true;
  #phase: ProcessPhase = 'starting';
  #generation = 0;
  #routes: readonly RouteRow[] = [];
  #current: readonly WorkerHandle[] = [];
  #reloading: Promise<ReloadOutcome> | undefined;
  #again = false;
  #order: WorkerOptions;
  #url: string | undefined;
  readonly #workers = new Set<WorkerHandle>();
  /** Circuits that an operator forced open, kept over generations of workers. */
  readonly #held = new Set<string>();
  readonly #options: WorkerPoolOptions;
  readonly #tally = new MetricsAggregator();
  /** Of workers that are gone. */
  #countsLeft = NO_COUNTS;
  readonly #backOff = new BackOff();
  /** Kept over generations of workers: a reload by itself allows nobody more requests. */
  readonly #rates = new RateCounts();
  readonly #claims = new FetchClaims(systemClock);
  readonly #history = new GenerationHistory();
  /** Of the hashes of secrets, so that a change of one is seen. */
  readonly #hashKey = randomUUID();
  readonly #generationOf = new WeakMap<WorkerHandle, number>();
  /** Counts the loads of the routes, of which a failed one is no generation. */
  #load = 0;
  /** For workers that start later: a cookie of an ended session is still a cookie. */
  readonly #ends: SessionEnd[] = [];

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#order = options.command;
    cluster.setupPrimary({ exec: PROGRAM, args: [] });
  }

  get phase(): ProcessPhase {
    return this.#phase === 'ready' && this.#current.length === 0 ? 'starting' : this.#phase;
  }

  get generation(): number {
    return this.#generation;
  }

  get pids(): readonly number[] {
    return this.#current.map(({ pid }) => pid);
  }

  get routes(): readonly RouteRow[] {
    return this.#routes;
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#tally.with(Promise.all([processMetrics(), ...[...this.#workers].map(worker => worker.measure())]));
  }

  async purge(options: PurgeRequest): Promise<number> {
    const purge = purgeOf(options);
    const [speaker] = this.#current;
    const others = [...this.#workers].filter(worker => worker !== speaker);
    const counting = [this.#tellOtherHosts(purge), ...others.map(worker => worker.purgeAndCount(purge))];
    // Behind the purge in every channel, so that a worker that claims again knows of it.
    this.#claims.purged();
    const counts = await Promise.all(counting);
    return counts.reduce((sum, entries) => sum + entries, 0);
  }

  /**
   * One of the workers publishes to the other hosts; if it dies meanwhile, the next one does, since a duplicate is
   * harmless and a loss is not.
   */
  async #tellOtherHosts(purge: Purge): Promise<number> {
    let entries = 0;
    for (const worker of this.#current) {
      entries += await worker.purgeEverywhereAndCount(purge);
      if (!worker.isGone) break;
    }
    return entries;
  }

  async explain(query: ExplainQuery): Promise<WorkerExplanation[]> {
    const readings = await Promise.all(this.#current.map(worker => worker.explain(query)));
    return readings.filter(explanation => explanation !== undefined);
  }

  async breakers(): Promise<WorkerBreakers[]> {
    const readings = await Promise.all(this.#current.map(worker => worker.breakers()));
    return readings.filter(breakers => breakers !== undefined);
  }

  async counts(): Promise<RequestCounts> {
    // A worker that exits meanwhile is not counted twice.
    const left = this.#countsLeft;
    return sumOfCounts([left, ...(await Promise.all([...this.#workers].map(worker => worker.counts())))]);
  }

  async inspect<Subject extends ProcessSubject>(subject: Subject): Promise<WorkerView<Subject>[]> {
    const views = await Promise.all(this.#current.map(worker => worker.inspect(subject)));
    return views.filter(view => view !== undefined);
  }

  /** Every generation of workers and every refused reload, the latest first. */
  async history(): Promise<readonly GenerationView[]> {
    const living = new Map<number, MetricsSnapshot[]>();
    await Promise.all(
      [...this.#workers].map(async worker => {
        const generation = this.#generationOf.get(worker);
        const metrics = await worker.measure();
        if (generation === undefined || worker.isGone) return;
        living.set(generation, [...(living.get(generation) ?? []), metrics]);
      }),
    );
    return this.#history.views(this.#generation, living);
  }

  async requests(query: RequestQuery): Promise<readonly RequestView[]> {
    const views = await Promise.all([...this.#workers].map(worker => worker.requests(query)));
    return latestFirst(views.flat());
  }

  /** Of one worker, because all of them have the same store; of the next one if it dies meanwhile. */
  async sessions(query: SessionQuery): Promise<SessionAnswer<SessionListing> | undefined> {
    return await this.#ofOne(worker => worker.sessions(query));
  }

  /** By one worker, which tells the others; a second one ends what has ended, which changes nothing. */
  async endSessions(command: SessionCommand): Promise<SessionAnswer<SessionsEnded> | undefined> {
    const answer = await this.#ofOne(worker => worker.endSessions(command));
    // The channels keep their order: who responds to this has heard of the end.
    await Promise.all([...this.#workers].map(worker => worker.measure()));
    return answer;
  }

  async #ofOne<T>(ask: (worker: WorkerHandle) => Promise<T | undefined>): Promise<T | undefined> {
    for (const worker of this.#current) {
      const answer = await ask(worker);
      if (answer !== undefined || !worker.isGone) return answer;
    }
    return undefined;
  }

  /** Of the first worker that responds, because all of them have the same routes. */
  async openApi(): Promise<string | undefined> {
    for (const worker of this.#current) {
      const document = await worker.openApi();
      if (document !== undefined) return document;
    }
    return undefined;
  }

  async commandBreaker(options: BreakerCommand): Promise<void> {
    if ('open' in options) this.#held.add(options.open);
    else this.#held.delete(options.close);
    await Promise.all([...this.#workers].map(worker => worker.breakerCommanded(options)));
  }

  /** @throws StartRefused */
  start(): Promise<Serving> {
    return this.#raiseGeneration();
  }

  /**
   * Starts workers with the current files; the old ones drain once the new ones serve. If the new ones fail, nothing
   * changes. A reload during a reload starts over, because loading workers have outdated files or hang; both have the
   * outcome of the second.
   */
  reload(): Promise<ReloadOutcome> {
    if (this.#phase === 'draining') return Promise.resolve(STOPPING);
    if (this.#reloading !== undefined) {
      this.#again = true;
      for (const worker of this.#workers) worker.abandon();
    }
    this.#reloading ??= this.#reloadUntilDone();
    return this.#reloading;
  }

  async stop(): Promise<void> {
    this.#phase = 'draining';
    await Promise.all([...this.#workers].map(worker => this.#retire(worker, 'close')));
  }

  /** Ends every worker at once, also one that hangs. */
  kill(): void {
    for (const worker of this.#workers) worker.kill();
  }

  async #reloadUntilDone(): Promise<ReloadOutcome> {
    let outcome = await this.#reloadOnce();
    while (this.#again && this.#phase !== 'draining') outcome = await this.#reloadOnce();
    this.#reloading = undefined;
    return outcome;
  }

  async #reloadOnce(): Promise<ReloadOutcome> {
    this.#again = false;
    this.#options.events.reloading();
    try {
      const serving = await this.#raiseGeneration();
      this.#options.events.reloaded(this.#generation, serving);
      return { kind: 'reloaded', generation: this.#generation, routes: serving.routes.length };
    } catch (error) {
      if (this.#phase === 'draining') return STOPPING;
      const failure = startFailure(error);
      // A reload that another one interrupts has no outcome of its own.
      if (!this.#again) {
        this.#options.events.refused(failure);
        this.#history.refused(this.#generation, failure);
      }
      return { kind: 'refused', generation: this.#generation, failure };
    }
  }

  async #raiseGeneration(): Promise<Serving> {
    this.#load += 1;
    const { workers, serving } = await this.#raise(this.#options.size);
    const old = this.#current;
    this.#current = workers.filter(({ isGone }) => !isGone);
    // The new generation counts only now, so that nobody who read its number gets a response of the old one.
    await Promise.all(old.map(worker => worker.stepAside()));
    this.#generation += 1;
    for (const worker of workers) this.#generationOf.set(worker, this.#generation);
    this.#history.began(this.#generation, this.#changesIn(old[0], workers[0]));
    this.#routes = serving.routes;
    this.#url = serving.url;
    if (this.#phase === 'starting') this.#phase = 'ready';
    for (const worker of old) void this.#retire(worker, 'serve');
    for (let missing = workers.length - this.#current.length; missing > 0; missing--) void this.#replace();
    return serving;
  }

  /** None for the first generation; undefined if a worker does not respond in time. */
  async #changesIn(
    last: WorkerHandle | undefined,
    next: WorkerHandle | undefined,
  ): Promise<readonly OptionChange[] | undefined> {
    if (this.#generation === 1) return [];
    const [before, after] = await Promise.all([last?.options(this.#hashKey), next?.options(this.#hashKey)]);
    return before && after && optionChanges(before, after);
  }

  /** Either all of them serve, or all are stopped. */
  async #raise(count: number): Promise<{ readonly workers: readonly WorkerHandle[]; readonly serving: Serving }> {
    // The next workers start with the learned limits of these, so that times and evidence of overload need not be
    // collected again.
    await Promise.all(this.#current.map(worker => worker.measure()));
    const workers = Array.from({ length: count }, () => this.#fork());
    try {
      const [serving] = await Promise.all(workers.map(worker => worker.serving));
      if (serving === undefined) throw new RangeError('a worker pool has at least one worker');
      return { workers, serving };
    } catch (error) {
      for (const worker of workers) void this.#retire(worker, 'serve');
      throw error;
    }
  }

  #fork(): WorkerHandle {
    // The primary holds the port while a worker listens on it. After all have died, "any free port" would be another
    // one.
    if (this.#workers.size === 0 && this.#url !== undefined) this.#order = atSamePort(this.#order, this.#url);
    const held = [...this.#held];
    const limits = initialLimits([...this.#workers].map(({ lastMetrics }) => lastMetrics));
    const worker: WorkerHandle = new WorkerHandle(
      { ...this.#order, held, limits, hasSiblings: this.#options.size > 1 },
      this.#load,
      {
        claims: this.#claims,
        wrote: purge => {
          for (const other of this.#workers) if (other !== worker) other.purge(purge);
          this.#claims.purged();
        },
        take: (quota, key) => this.#rates.take(quota, key, fractionalNow()),
        ended: end => this.#ended(end, worker),
        concluded: hint => {
          for (const other of this.#workers) if (other !== worker) other.tellCircuit(hint);
        },
        imported: files => this.#options.events.imported?.(files),
        compiled: schemas => {
          this.#order = { ...this.#order, schemas };
        },
      },
    );
    worker.serving.then(
      () => this.#catchUp(worker, held),
      () => undefined,
    );
    this.#workers.add(worker);
    void worker.gone.then(how => this.#left(worker, how));
    return worker;
  }

  #ended(end: SessionEnd, teller: WorkerHandle): void {
    this.#ends.push(end);
    if (this.#ends.length > MAX_ENDS) this.#ends.splice(0, MAX_ENDS / 2);
    for (const other of this.#workers) if (other !== teller) other.tellEnd(end);
  }

  /** A loading worker receives no messages, so earlier ones are repeated. */
  #catchUp(worker: WorkerHandle, held: readonly string[]): void {
    for (const end of this.#ends) worker.tellEnd(end);
    for (const site of this.#held) if (!held.includes(site)) worker.commandBreaker({ open: site });
    for (const site of held) if (!this.#held.has(site)) worker.commandBreaker({ close: site });
  }

  #left(worker: WorkerHandle, how: string): void {
    this.#workers.delete(worker);
    this.#tally.keep(worker.lastMetrics);
    const counts = laterOf(worker.lastCounts, countsIn(worker.lastMetrics));
    this.#countsLeft = sumOfCounts([this.#countsLeft, { ...counts, active: 0 }]);
    this.#history.left(this.#generationOf.get(worker), worker.lastMetrics);
    if (!this.#current.includes(worker)) return;
    this.#current = this.#current.filter(each => each !== worker);
    if (this.#phase === 'draining') return;
    this.#options.events.died(worker.pid, how);
    // The primary closes a socket on which no worker listens; another one it can open again.
    if (this.#workers.size === 0 && this.#order.listen.fd !== undefined) this.#options.events.socketLost();
    else void this.#replace();
  }

  async #replace(): Promise<void> {
    const generation = this.#generation;
    // Not wanted after a newer generation or during a drain.
    const isWanted = () => this.#generation === generation && this.#phase === 'ready';
    await delay(this.#backOff.next(performance.now()));
    if (!isWanted()) return;
    const [worker] = await this.#raise(1).then(
      ({ workers }) => workers,
      error => {
        if (isWanted()) this.#options.events.refused(startFailure(error));
        return [];
      },
    );
    if (!isWanted()) {
      if (worker !== undefined) void this.#retire(worker, 'serve');
    } else if (worker === undefined || worker.isGone) void this.#replace();
    else {
      this.#generationOf.set(worker, this.#generation);
      this.#current = [...this.#current, worker];
      this.#options.events.replaced(worker.pid);
    }
  }

  #retire(worker: WorkerHandle, idle: DrainOptions['idle']): Promise<void> {
    const { graceMs } = this.#options;
    return worker.retire({ graceMs, idle }, idle === 'serve' ? IDLE_MS : 0);
  }
}

const STOPPING: ReloadOutcome = { kind: 'unable', why: 'The gateway is stopping' };

function atSamePort(options: WorkerOptions, url: string): WorkerOptions {
  return options.listen.port === 0
    ? { ...options, listen: { ...options.listen, port: Number(new URL(url).port) } }
    : options;
}
