import { existsSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler as Middleware } from 'express';
import type { ChainDependencies } from './chain/chain-dependencies.ts';
import { explainRoute } from './chain/explain.ts';
import { providerCalls } from './chain/provider-calls.ts';
import { type CompiledRoute, compileOwnRoute, compileRoute } from './chain/route.ts';
import { byteSize } from './config/byte-size.ts';
import { csrfOfGateway } from './config/csrf.ts';
import { DEFAULTS } from './config/defaults.ts';
import { durationMs } from './config/duration.ts';

import type { Definitions, LoadedRoute } from './config/loaded-route.ts';
import { ownRoute } from './config/own-route.ts';
import { type PurgeRequest, purgeOf, readPurgeRequest } from './config/purge-request.ts';
import { limitsInNumbers, limitsOf, type WrittenLimits } from './config/request-limits.ts';
import { readSessionCommand, type SessionCommand, type SessionQuery } from './config/session-command.ts';
import { loadDefinitions } from './config-loader/load.ts';
import { nearestRoute } from './config-loader/nearest-route.ts';
import { describeThrown } from './config-loader/thrown-error.ts';
import type { BreakerReading } from './core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from './core/explanation.ts';
import { gatewayHeaders } from './core/headers/gateway-headers.ts';
import type { BackendMock } from './core/ports/backend-mock.ts';
import type { Bus } from './core/ports/bus.ts';
import { type Clock, fractionalNow, systemClock } from './core/ports/clock.ts';
import type { ProviderFetch } from './core/ports/identity.ts';
import type { Leak } from './core/ports/leaks.ts';
import type { LearnedLimit } from './core/ports/limiter.ts';
import type { Meter } from './core/ports/meter.ts';
import type { LookupNews, NameResolver } from './core/ports/name-resolver.ts';
import type { Purger } from './core/ports/purger.ts';
import type { SharedRateCounts } from './core/ports/rate-counts.ts';
import type { SessionNews } from './core/ports/session-news.ts';
import type { Purge } from './core/purge.ts';
import { RateCounts } from './core/rate-counts.ts';
import type { SessionListing, SessionsEnded } from './core/session-listing.ts';
import { TraceIds } from './core/trace-ids.ts';
import { attach } from './http/attach.ts';
import { Connections, keepAliveOver, stopAccepting } from './http/connections.ts';
import { explain } from './http/explain.ts';
import { ForwardedHeaders } from './http/forwarded-headers.ts';
import { createHttpServer } from './http/http-server.ts';
import { inOneSpelling } from './http/path.ts';
import { RequestHandler } from './http/request-handler.ts';
import { HeadReader } from './http/request-head.ts';
import { RequestReader, type RequestReaderOptions } from './http/request-reader.ts';
import type { RoutedHandler } from './http/route-match.ts';
import { TrustedProxies } from './http/trusted-proxies.ts';
import { viaNameOf } from './http/via-name.ts';
import type { OpenIdentity, OwnRoute } from './identity/open-identity.ts';
import { securityFieldsOf } from './middleware/security-headers.ts';
import { Circuits } from './policies/breaker/circuits.ts';
import { RevalidationBudget } from './policies/cache/fetch/background-revalidation.ts';
import { InFlightBodyBudget } from './policies/cache/fetch/in-flight-body-budget.ts';
import type { CacheEntry } from './policies/cache/storage/entry.ts';
import { MemoryStore } from './policies/cache/storage/memory-store.ts';
import { type OpenStorage, openStorage } from './policies/cache/storage/open-storage.ts';
import { purgedEntries } from './policies/cache/storage/purged-entries.ts';
import { TagPurger } from './policies/cache/storage/purger.ts';
import { LocalTagEpochs } from './policies/cache/storage/tag-epochs.ts';
import type { OpenRecordings } from './recordings/open-recordings.ts';
import { DEFAULT_FOLDER, type RecordingsOptions } from './recordings/options.ts';
import { compileTable } from './router/route-table.ts';
import { Backends } from './service/backends.ts';
import { DnsResolver } from './service/discovery/dns-resolver.ts';
import { EventLoopDelay } from './service/limit/event-loop-delay.ts';
import { DevLog } from './telemetry/dev-log.ts';
import { FailureLog, type GatewayLog } from './telemetry/log.ts';
import { Metrics, type MetricsSnapshot } from './telemetry/metrics.ts';
import { Observation } from './telemetry/observer.ts';

/** The options of `createGateway`; every option has a default. */
export interface CreateGatewayOptions {
  /** The folder that contains `routes/`. Default the current one. */
  readonly dir?: string;
  /** Express middleware before the routes, after that of `portico.config.ts`. Default none. */
  readonly use?: readonly Middleware[];
  /** Whether an unmatched request goes to the next middleware of the team's own app. Default false: it is 404. */
  readonly passThrough?: boolean;
  /** `dev` validates proxied responses against `response` and sends Server-Timing. Default production. */
  readonly mode?: 'dev' | 'production';
  /**
   * Content of the log: `info` every request, `warn` failures of backends and of the gateway, `silent` nothing. Default
   * `LOG_LEVEL`, else `info` in `dev` and `warn` in production.
   */
  readonly logLevel?: string;
  /** `json` writes one line of JSON for programs, `text` is for a developer's terminal. Default `json`. */
  readonly logFormat?: 'json' | 'text';
  /** Publishes purges to the other processes of the same gateway. Default none: a single process. */
  readonly bus?: Bus;
  /** Counts of rate limits that the processes of one gateway share. Default none: a single process, or a Redis. */
  readonly rates?: SharedRateCounts;
  /** Ends of sessions at the processes of one gateway. Default none: a single process, or a Redis. */
  readonly sessionNews?: SessionNews;
  /**
   * Whether the disk and the Redis of `cache` are opened, and targets are resolved. Default true; false is for listing
   * routes.
   */
  readonly stores?: boolean;
  /** Recordings of the backends' responses: written, replayed or compared. Default none. */
  readonly recordings?: RecordingsOptions;
  /** Circuits that are forced open, by their sites in `breakers()`: `['GET /api/products/{id}']`. Default none. */
  readonly forcedOpen?: readonly string[];
  /** The learned limits of the previous process by service, as start values of adaptive limits. Default none. */
  readonly initialLimits?: Readonly<Record<string, LearnedLimit>>;
  /**
   * Whether calls to services are answered from the schemas of their responses, and no backend is called; only with
   * `mode: 'dev'`. Disk and Redis are not opened then. Default false.
   */
  readonly mock?: boolean;
  /** Source of the time. Default the system's clock. */
  readonly clock?: Clock;
  /** Resolves the names of `{ dns }` and `{ srv }`. Default the system's DNS servers. */
  readonly resolver?: NameResolver;
}

/** The address of a gateway's listener. */
export interface ListenOptions {
  /** Port; 0 selects a free one. Default 8080. */
  readonly port?: number;
  /** Host. Default 127.0.0.1. */
  readonly host?: string;
  /** Path of a Unix socket instead of host and port. Default none. */
  readonly path?: string;
}

/** The place of a gateway in a team's own app. */
export interface AttachOptions {
  /**
   * The path below which `handler` is mounted in the team's own app: `'/shop'`. The gateway ignores upgrades elsewhere.
   * Default none.
   */
  readonly mount?: string;
}

/** How a gateway drains. */
export interface CloseOptions {
  /** Time limit of open requests, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
  /** Handling of idle connections: closed, or served for the keep-alive time. Default `close`. */
  readonly idle?: 'close' | 'serve';
}

/** A gateway with loaded routes. */
export interface Gateway {
  /** Express middleware: serves everything below its mount path; calls `next` only with `passThrough`. */
  readonly handler: (req: IncomingMessage, res: ServerResponse, next?: (error?: unknown) => void) => void;
  /** An Express app: the middleware first, the routes last. */
  readonly app: Express;
  /** The routes with their policies. */
  readonly routes: readonly CompiledRoute[];
  /** The limits of client requests: those of `portico.config.ts` and the defaults. */
  readonly limits: WrittenLimits;
  /**
   * Attaches to a server of the team's own, for events outside the middleware (upgrades, 100 Continue, CONNECT,
   * malformed requests).
   */
  attach(server: Server, options?: AttachOptions): void;
  /** Listens on a server of its own and returns its address. */
  listen(options?: ListenOptions): Promise<AddressInfo | string>;
  /**
   * Drains: accepts no new connections, lets open requests finish for `graceMs` milliseconds (default 10 s), then
   * releases everything. Responses meanwhile carry `Connection: close`. Event streams end after a complete event; both
   * ends of a WebSocket get 1001 (going away) after a complete frame. An idle connection is closed after a moment
   * (`idle: 'close'`, the default), or served for its keep-alive time (`'serve'`), because in a handover a request may
   * already be on its way to this process. May be called again with a shorter `graceMs`.
   */
  close(options?: CloseOptions): Promise<void>;
  /**
   * The first step of a handover to another process on the same address; `close` with `idle: 'serve'` is the second.
   * Accepts no new connections, closes idle ones, and adds `Connection: close` to the responses on the others.
   */
  retire(): Promise<void>;
  /**
   * Purges stored responses: in this process at once, in others of the same gateway a moment later.
   * @returns the number of covered responses in the memory of this process; the purge does not wait for the count.
   * @throws TypeError for an invalid purge request, or one without a target.
   */
  purge(order: PurgeRequest): Promise<number>;
  /** The same number, for a purge that another process made. */
  countPurged(purge: Purge): Promise<number>;
  /**
   * Explains a request: its route, its policies and the cache decision. No backend is called, no guard runs, and only
   * the memory of this process is read.
   */
  explain(request: ExplainQuery): Explanation;
  /**
   * Every circuit of this process. If a function chooses the service, there is one for each service that was called so
   * far.
   */
  breakers(): readonly BreakerReading[];
  /**
   * Forces circuits of this process open until `closeBreaker`: no call and no probe goes through.
   * @param site as in `breakers()`; an unknown site is listed from now on, and forced open once it exists.
   */
  holdBreaker(site: string): void;
  /** Closes circuits of this process, resets their counts, and ends a forced-open state. */
  closeBreaker(site: string): void;
  /**
   * Lists sessions, of all processes and hosts that share their store. Rejects with a GatewayError
   * (`session.unavailable`) if the store does not respond.
   * @param query whose sessions. Default those of everybody.
   * @returns at most 1,000 sessions without tokens and claims; none where the browsers keep them; undefined without
   * sign-in.
   */
  sessions(query?: SessionQuery): Promise<SessionListing | undefined>;
  /**
   * Ends sessions: in this process at once, in others of the same gateway a moment later. Their requests are 401, and
   * their streams and WebSockets end. Where the browsers keep the sessions, a cookie that ended is refused as long as a
   * process of the gateway runs, or as Redis remembers it.
   * @returns how many ended; undefined without sign-in. Rejects with a TypeError for an invalid command, and for all
   * sessions if the browsers keep them; with a GatewayError (`session.unavailable`) if the store does not respond.
   */
  endSessions(command: SessionCommand): Promise<SessionsEnded | undefined>;
  /** Whether responses are stored on disk over restarts. */
  readonly keepsOnDisk: boolean;
  /** What is done with recordings, in a few words; undefined for nothing. */
  readonly recordings: string | undefined;
  /** The routes as OpenAPI 3.1.2, in JSON. */
  openApi(): Promise<string>;
  /** The metrics of this process as data. */
  metrics(): Promise<MetricsSnapshot>;
}

/**
 * Loads a project's routes.
 * @throws DefinitionError with every mistake in the project's files; ProjectError if the folder is no project.
 */
export async function createGateway(options: CreateGatewayOptions = {}): Promise<Gateway> {
  const serves = options.stores === false ? {} : { serves: options.mode ?? 'production' };
  const definitions = await loadDefinitions(resolve(options.dir ?? '.'), serves);
  const log = logOf(options, definitions.dir);
  const createMock = await mockOf(options);
  const recordings = await recordingsOf(options, definitions.dir, log);
  const tiers = await openStorage(keepsResponses(options) ? (definitions.gateway.cache ?? {}) : undefined, {
    dir: definitions.dir,
    clock: options.clock ?? systemClock,
    listener: news => log.tier(news),
    bus: options.bus,
    env: process.env,
  });
  const createIdentity = await identityOf(definitions, options, tiers);
  const opened = { log, tiers, recordings, createMock, createIdentity, pages: await pagesOf(definitions) };
  return new PorticoGateway(definitions, options, opened);
}

const FIRST_CONNECTION_MS = 2_000;

/** Resolves with the promise, or after that time. */
async function within(promise: Promise<void>, ms: number, clock: Clock): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(ms, resolve);
  await Promise.race([promise, over]);
  timer.cancel();
}

/** Who signs in: loaded only where a gateway recognises users. */
async function identityOf(
  { gateway, dir }: Definitions,
  { clock = systemClock, stores, sessionNews }: CreateGatewayOptions,
  tiers: OpenStorage,
): Promise<OpenedParts['createIdentity']> {
  if (gateway.auth === undefined) return undefined;
  const { openIdentity } = await import('./identity/open-identity.ts');
  if (gateway.session?.store === 'redis' && tiers.sessions !== undefined) {
    // Who has a session should not see 503 during a start; a Redis that is away does not keep the gateway from it.
    await within(tiers.sessions.connected, FIRST_CONNECTION_MS, clock);
  }
  return (fetch, meter) =>
    openIdentity({
      meter,
      gateway,
      dir,
      clock,
      fetch,
      note: line => void process.stderr.write(`portico: ${line}\n`),
      shared: tiers.sessions,
      news: sessionNews,
      isServing: stores !== false,
      env: process.env,
    });
}

/** Loaded on demand, like the page. @throws TypeError outside of `dev`, where made values would be taken for real. */
async function mockOf({ mock, mode, recordings }: CreateGatewayOptions): Promise<OpenedParts['createMock']> {
  if (mock !== true) return undefined;
  if (mode !== 'dev') throw new TypeError("`mock` needs `mode: 'dev'`");
  if (recordings !== undefined && recordings.use !== 'mock')
    throw new TypeError("`mock` needs `recordings.use: 'mock'`");
  const { MockBackends } = await import('./mock/mock-backends.ts');
  return bodyLimit => new MockBackends(bodyLimit);
}

/**
 * Whether responses are stored beyond this process. A response of the last run would not be recorded, and a replayed
 * or a made one must not reach other gateways.
 */
function keepsResponses({ stores, recordings, mock }: CreateGatewayOptions): boolean {
  return stores !== false && mock !== true && (recordings === undefined || recordings.use === 'compare');
}

/** Their code is loaded only where it is used. */
async function recordingsOf(
  { recordings, mock, mode, clock = systemClock }: CreateGatewayOptions,
  dir: string,
  log: GatewayLog,
): Promise<OpenRecordings | undefined> {
  const options = recordings ?? (mock === true ? MOCK_RECORDINGS : undefined);
  if (options === undefined) return undefined;
  const note = (line: string) => process.stderr.write(`portico: ${line}\n`);
  const { use, folder = DEFAULT_FOLDER } = options;
  if ((use === 'compare' || use === 'mock') && !existsSync(resolve(dir, folder))) {
    // `dev` uses them where there are some; in production somebody wants them.
    if (mode !== 'dev') note(`responses are not compared: there is no ${folder}; \`portico record\` makes it`);
    return undefined;
  }
  const { openRecordings } = await import('./recordings/open-recordings.ts');
  return openRecordings(options, { dir, clock, note, drifted: drift => log.drifted(drift) });
}

const MOCK_RECORDINGS: RecordingsOptions = { use: 'mock' };

/** The page of the API, which is loaded only where it is configured. */
async function pagesOf(definitions: Definitions): Promise<readonly LoadedRoute[]> {
  const { apiDocs } = definitions.gateway;
  if (apiDocs === undefined) return [];
  const { pageRoutes } = await import('./openapi/page-routes.ts');
  return pageRoutes({ apiDocs, file: definitions.gatewayFile ?? '', document: () => openApiOf(definitions) });
}

async function openApiOf({ dir, routes, gateway }: Definitions): Promise<string> {
  const { documentText } = await import('./openapi/document-text.ts');
  return documentText(dir, routes, gateway);
}

/** In `dev` every request is logged by default. */
function logOf({ mode, logLevel, logFormat, clock = systemClock }: CreateGatewayOptions, dir: string): GatewayLog {
  const level = logLevel || process.env.LOG_LEVEL || (mode === 'dev' ? 'info' : 'warn');
  if (logFormat === 'text') return new DevLog(level, thrown => describeThrown(dir, thrown));
  return new FailureLog(level, clock);
}

/** The parts that exist before the routes are compiled. */
interface OpenedParts {
  readonly log: GatewayLog;
  readonly tiers: OpenStorage;
  readonly recordings: OpenRecordings | undefined;
  /** Undefined for the backends themselves. */
  readonly createMock: ((bodyLimit: number) => BackendMock) | undefined;
  /** Undefined for a gateway that recognises nobody. */
  readonly createIdentity: ((fetch: ProviderFetch, meter: Meter) => OpenIdentity) | undefined;
  /** Routes of the gateway itself. */
  readonly pages: readonly LoadedRoute[];
}

class PorticoGateway implements Gateway {
  readonly handler: Gateway['handler'];
  readonly routes: readonly CompiledRoute[];
  readonly limits: WrittenLimits;
  readonly keepsOnDisk: boolean;
  readonly recordings: string | undefined;
  readonly #definitions: Definitions;
  /** The routes and those of the gateway itself. */
  readonly #served: readonly CompiledRoute[];
  readonly #requestHandler: RequestHandler;
  readonly #explainReader: RequestReader;
  readonly #backends = new Backends();
  readonly #pressure = new EventLoopDelay();
  readonly #metrics = new Metrics({
    services: () => this.#backends.readings(),
    store: () => ({ bytes: this.#store.bytes, entries: this.#store.size }),
  });
  readonly #middleware: readonly Middleware[];
  #app: Express | undefined;
  readonly #clock: Clock;
  readonly #purger: Purger;
  readonly #epochs = new LocalTagEpochs();
  readonly #circuits: Circuits;
  readonly #store: MemoryStore<CacheEntry>;
  readonly #tiers: OpenStorage;
  readonly #recordings: OpenRecordings | undefined;
  readonly #identity: OpenIdentity | undefined;
  #isLeaving = false;
  #server: Server | undefined;
  #connections: Connections | undefined;
  #closed: Promise<void> | undefined;
  #released: Promise<void> | undefined;

  constructor(
    definitions: Definitions,
    options: CreateGatewayOptions,
    { log, tiers, recordings, createMock, createIdentity, pages }: OpenedParts,
  ) {
    const clock = options.clock ?? systemClock;
    this.#clock = clock;
    this.#definitions = definitions;
    this.#circuits = new Circuits({ clock, chance: Math.random }, options.forcedOpen ?? []);
    const memory = memoryOf(definitions);
    this.#store = new MemoryStore(memory, memory * DEFAULTS.cache.largestShare, clock);
    const { gateway } = definitions;
    this.limits = limitsOf(gateway.limits);
    const limits = limitsInNumbers(this.limits);
    this.keepsOnDisk = gateway.cache?.disk !== undefined && keepsResponses(options);
    this.#tiers = tiers;
    this.#recordings = recordings;
    this.recordings = recordings?.description;
    const mock = createMock?.(limits.body);
    const parts = { ...this.#dependencies(definitions, options, log), mock };
    this.#identity = createIdentity?.(providerCalls(parts), this.#metrics);
    const dependencies = { ...parts, identity: this.#identity?.identity };
    const { securityFields } = dependencies;
    this.#purger = dependencies.purger;
    this.routes = definitions.routes.map(route => compiled(route, dependencies, recordings?.marked));
    const others = [...this.routes, ...pages.map(page => compileRoute(page, dependencies))];
    const ofSignIn = signInRoutes(definitions, this.#identity?.routes ?? [], dependencies);
    this.#served = [...others, ...ofSignIn];
    const isDev = options.mode === 'dev';
    const served = withSignIn(ofSignIn, clock, matchIn(others, clock));
    const match = withHealth(gateway.health, () => this.#isLeaving, served);
    const suggesting = withSuggestion(definitions, match);
    const reading = {
      heads: new HeadReader(
        gatewayHeaders(gateway.strippedRequestHeaders ?? DEFAULTS.gateway.strippedRequestHeaders),
        limits,
      ),
      limits,
      forwarding: new ForwardedHeaders(
        new TrustedProxies(gateway.trustedProxies ?? DEFAULTS.gateway.trustedProxies),
        viaNameOf(definitions.dir),
      ),
      clock,
      own: this.#identity?.own,
    };
    this.#explainReader = new RequestReader({ ...reading, match: suggesting });
    this.#requestHandler = new RequestHandler({
      requestReader: new RequestReader({ ...reading, match: isDev ? suggesting : match }),
      observer: new Observation(this.#metrics, log, clock, gateway.serverTiming ?? isDev),
      clock,
      writeLimit: { clock, idleMs: durationMs(DEFAULTS.timeout.idle) },
      passThrough: options.passThrough === true,
      problemFields: protocol => securityFields?.for(protocol) ?? [],
      describe: isDev ? thrown => describeThrown(definitions.dir, thrown) : undefined,
    });
    this.handler = this.#requestHandler.handle;
    this.#middleware = [...(gateway.use ?? []), ...(options.use ?? [])];
  }

  get app(): Express {
    this.#app ??= expressApp(this.#middleware, this.#requestHandler, this.handler);
    return this.#app;
  }

  attach(server: Server, { mount = '' }: AttachOptions = {}): void {
    attach(this.#requestHandler, server, mount);
  }

  listen({
    port = DEFAULTS.server.port,
    host = DEFAULTS.server.host,
    path,
  }: ListenOptions = {}): Promise<AddressInfo | string> {
    // Express has a cost (it changes the prototype of each request) without a benefit if there is no middleware.
    const server = createHttpServer(
      limitsInNumbers(this.limits),
      this.#middleware.length > 0 ? this.app : this.handler,
    );
    this.attach(server);
    this.#server = server;
    this.#connections = new Connections(server, this.#clock);
    return new Promise((resolved, reject) => {
      server.once('error', reject);
      server.listen(path === undefined ? { port, host } : { path }, () => {
        server.off('error', reject);
        resolved(server.address() ?? '');
      });
    });
  }

  async close({ graceMs = durationMs(DEFAULTS.server.drain), idle = 'close' }: CloseOptions = {}): Promise<void> {
    const server = this.#server;
    this.#stopAccepting();
    this.#requestHandler.leave();
    if (idle === 'serve') await Promise.race([this.#closed, keepAliveOver(server, this.#clock)]);
    if (graceMs > 0) await this.#drain(graceMs);
    // In the same turn as the end of the drain, because a request in between would find no backends.
    server?.closeAllConnections();
    this.#requestHandler.abandon();
    this.#released ??= this.#release();
    await Promise.all([this.#released, this.#closed]);
  }

  async #drain(graceMs: number): Promise<void> {
    const grace = Promise.withResolvers<void>();
    const timer = this.#clock.after(graceMs, grace.resolve);
    await Promise.race([grace.promise, Promise.all([this.#requestHandler.drain(), this.#connections?.endAll()])]);
    timer.cancel();
  }

  async #release(): Promise<void> {
    this.#pressure.stop();
    await Promise.all([this.#backends.close(), ...this.#tiers.tiers.map(tier => tier.close())]);
    this.#identity?.close();
    // Streams that were open until now are recorded with what they had sent.
    await this.#recordings?.close();
  }

  async retire(): Promise<void> {
    this.#stopAccepting();
    await this.#connections?.endResting();
  }

  #stopAccepting(): void {
    this.#isLeaving = true;
    this.#requestHandler.retire();
    this.#closed ??= stopAccepting(this.#server);
  }

  purge(order: PurgeRequest): Promise<number> {
    const read = readPurgeRequest(order);
    if ('mistakes' in read) {
      const mistakes = read.mistakes.map(({ pointer, detail }) => `${pointer.slice(1) || 'it'} ${detail}`);
      throw new TypeError(`this purge does not fit: ${mistakes.join('; ')}`);
    }
    const purge = purgeOf(read.command);
    this.#purger.purge(purge);
    return this.countPurged(purge);
  }

  countPurged(purge: Purge): Promise<number> {
    return purgedEntries(this.#store, this.#epochs, purge);
  }

  explain(request: ExplainQuery): Explanation {
    const { user: subject, claims = {} } = request;
    const user = subject === undefined ? undefined : this.#identity?.explained(subject, claims);
    return explain(this.#explainReader, request, authorityOf(this.#server), ({ handler }, x) => {
      const route = this.#served.find(compiled => compiled.handler === handler);
      if (route === undefined) throw new TypeError('a route that is found is one of the gateway');
      return explainRoute(route, x, user);
    });
  }

  async sessions(query: SessionQuery = {}): Promise<SessionListing | undefined> {
    return await this.#identity?.control?.list(query);
  }

  async endSessions(command: SessionCommand): Promise<SessionsEnded | undefined> {
    const read = readSessionCommand(command);
    if ('mistakes' in read) {
      const mistakes = read.mistakes.map(({ pointer, detail }) => `${pointer.slice(1) || 'it'} ${detail}`);
      throw new TypeError(`this command does not fit: ${mistakes.join('; ')}`);
    }
    return await this.#identity?.control?.end(read.command);
  }

  breakers(): readonly BreakerReading[] {
    return this.#circuits.readings;
  }

  holdBreaker(site: string): void {
    this.#circuits.hold(site);
  }

  closeBreaker(site: string): void {
    this.#circuits.close(site);
  }

  openApi(): Promise<string> {
    return openApiOf(this.#definitions);
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#metrics.snapshot();
  }

  #dependencies(definitions: Definitions, options: CreateGatewayOptions, log: GatewayLog): ChainDependencies {
    const { gateway, dir, routes } = definitions;
    const clock = this.#clock;
    const surroundings = {
      clock,
      pressure: this.#pressure,
      initialLimits: options.initialLimits ?? {},
      leakGuard: (gateway.leakGuard ?? (options.mode === 'dev' ? 'warn' : DEFAULTS.gateway.leakGuard)) || undefined,
      leaked: (leak: Leak) => log.leaked(leak),
      isOwnCookie: gateway.session && ((name: string) => this.#identity?.own.isCookie(name) === true),
      resolver: options.resolver ?? new DnsResolver(),
      seeks: options.stores !== false && this.#recordings?.isOffline !== true,
      lookup: (news: LookupNews) => log.lookup(news),
    };
    const memory = memoryOf(definitions);
    const epochs = this.#epochs;
    const { tiers, bus, lock } = this.#tiers;
    const purger = new TagPurger(epochs, bus, tiers);
    return {
      clock,
      meter: this.#metrics,
      cache: {
        store: this.#store,
        epochs,
        clock,
        tiers,
        lock: lock,
        revalidations: new RevalidationBudget(),
        bodyBudget: new InFlightBodyBudget(memory),
        purger,
      },
      circuits: this.#circuits,
      rates: {
        now: clock === systemClock ? fractionalNow : () => clock.now(),
        counts: new RateCounts(),
        shared: this.#tiers.rates ?? options.rates,
      },
      purger,
      origin: gateway.origin,
      hasSessions: gateway.session !== undefined,
      securityFields: securityFieldsOf(gateway),
      traces: new TraceIds(),
      withheld: options.mode === 'dev' ? news => log.withheld(news) : undefined,
      calls: this.#recordings,
      backend: service => this.#backends.of(service, surroundings),
      dir,
      bodyLimit: limitsInNumbers(this.limits).body,
      objectLimit: Math.min(byteSize(DEFAULTS.cache.object), memory * DEFAULTS.cache.largestShare),
      checkProxied: options.mode === 'dev',
      anyCache: routes.some(
        ({ definition }) =>
          isOn(definition.cache) || Object.values(definition.aggregate ?? {}).some(({ cache }) => isOn(cache)),
      ),
    };
  }
}

/** @param marked wraps the handlers of a replay. */
function compiled(
  route: LoadedRoute,
  dependencies: ChainDependencies,
  marked: OpenRecordings['marked'],
): CompiledRoute {
  const own = compileRoute(route, dependencies);
  return marked === undefined ? own : { ...own, handler: marked(own.handler), upgrade: marked(own.upgrade) };
}

/** The routes of the sign-in, which go through the same chain as all others. */
function signInRoutes(
  { gateway, gatewayFile = '' }: Definitions,
  routes: readonly OwnRoute[],
  dependencies: ChainDependencies,
): readonly CompiledRoute[] {
  const csrf = csrfOfGateway(gateway);
  const definition = csrf === undefined ? {} : { csrf };
  return routes.map(({ method, path, handler }) =>
    compileOwnRoute(ownRoute(gatewayFile, method, path, definition), handler, dependencies),
  );
}

/**
 * Puts the routes of the sign-in before those of every host, and for every method: a file that matches all paths of a
 * host would pass the codes of the provider to a backend.
 */
function withSignIn(
  routes: readonly CompiledRoute[],
  clock: Clock,
  match: RequestReaderOptions['match'],
): RequestReaderOptions['match'] {
  if (routes.length === 0) return match;
  const matchSignIn = matchIn(routes, clock);
  return (method, host, segments) => {
    const found = matchSignIn(method, host, segments);
    return found.kind === 'none' ? match(method, host, segments) : found;
  };
}

/** Adds a health path, at which the gateway reports its readiness for every host. */
function withHealth(
  path: string | undefined,
  isLeaving: () => boolean,
  match: RequestReaderOptions['match'],
): RequestReaderOptions['match'] {
  if (path === undefined) return match;
  const wanted = path.slice(1).split('/');
  return (method, host, segments) => {
    const isHealth = segments.length === wanted.length && wanted.every((segment, i) => segment === segments[i]);
    return isHealth ? { kind: 'health', isLeaving: isLeaving() } : match(method, host, segments);
  };
}

/** Names the nearest route where none matches: for a developer and an operator, not for clients in production. */
function withSuggestion({ routes }: Definitions, match: RequestReaderOptions['match']): RequestReaderOptions['match'] {
  return (method, host, segments) => {
    const found = match(method, host, segments);
    return found.kind === 'none' ? { kind: 'none', near: nearestRoute(routes, segments) } : found;
  };
}

function memoryOf({ gateway }: Definitions): number {
  return byteSize(gateway.cache?.memory ?? DEFAULTS.cache.memory);
}

/** The `Host` that a browser on this host sends, because responses are stored per host. */
function authorityOf(server: Server | undefined): string {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? `localhost:${address.port}` : 'localhost';
}

function isOn(policy: unknown): boolean {
  return policy !== undefined && policy !== false;
}

function matchIn(routes: readonly CompiledRoute[], clock: Clock): RequestReaderOptions['match'] {
  return compileTable(
    routes.map(compiled => ({
      segments: compiled.route.segments,
      // Files are read, never written to.
      method: compiled.route.method ?? (compiled.route.kind === 'static' ? 'GET' : undefined),
      hosts: compiled.route.hosts,
      value: withPreflight(compiled, {
        label: compiled.route.label,
        handler: compiled.handler,
        upgrade: compiled.upgrade,
        writeLimit: { clock, idleMs: compiled.writeIdleMs },
        encodedSlashes: compiled.route.definition.encodedSlashes === true,
        takesBody: compiled.route.takesBody,
      }),
    })),
  ).match;
}

function withPreflight({ preflight }: CompiledRoute, routed: RoutedHandler): RoutedHandler {
  return preflight === undefined
    ? routed
    : { ...routed, preflight: { ...routed, handler: preflight, ownReply: preflight } };
}

/** Before all other middleware: what guards a path must see the path that the routes see. */
function arriving(requestHandler: RequestHandler): Middleware {
  return (req, res, next) => {
    if (!requestHandler.pipelines.arriveFirst(req, res)) return;
    req.url = inOneSpelling(req.url);
    next();
  };
}

function expressApp(use: readonly Middleware[], requestHandler: RequestHandler, handler: Gateway['handler']): Express {
  // Most gateways have no middleware: loading Express takes longer than loading their routes.
  const app: Express = (createRequire(import.meta.url)('express') as typeof express)();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  if (use.length > 0) app.use(arriving(requestHandler));
  for (const middleware of use) app.use(middleware);
  app.use(handler);
  // Express knows an error handler by its four parameters; without one it shows the stack.
  const respondToError: ErrorRequestHandler = (error, req, res, _next) => requestHandler.fail(req, res, error);
  app.use(respondToError);
  return app;
}
