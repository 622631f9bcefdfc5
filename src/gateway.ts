import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler as Middleware } from 'express';
import type { ChainDependencies } from './chain/chain-dependencies.ts';
import { explainRoute } from './chain/explain.ts';
import { providerCalls } from './chain/provider-calls.ts';
import { type CompiledRoute, compileRoute } from './chain/route.ts';
import { siteName } from './chain/site-name.ts';
import { byteSize } from './config/byte-size.ts';
import { DEFAULTS } from './config/defaults.ts';
import { durationMs } from './config/duration.ts';

import type { Definitions } from './config/loaded-route.ts';
import { type OptionTexts, optionTexts } from './config/option-texts.ts';
import { type PurgeRequest, purgeOf, readPurgeRequest } from './config/purge-request.ts';
import { limitsInNumbers, limitsOf, type WrittenLimits } from './config/request-limits.ts';
import { readSessionCommand, type SessionCommand, type SessionQuery } from './config/session-command.ts';
import { loadDefinitions } from './config-loader/load.ts';
import { describeThrown } from './config-loader/thrown-error.ts';
import type { BreakerReading } from './core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from './core/explanation.ts';
import { gatewayHeaders } from './core/headers/gateway-headers.ts';
import { type Clock, systemClock } from './core/ports/clock.ts';
import type { Leak } from './core/ports/leaks.ts';
import type { LookupNews } from './core/ports/name-resolver.ts';
import type { Purger } from './core/ports/purger.ts';
import type { RequestCounts, ServiceView, StoredView } from './core/process-views.ts';
import type { Purge } from './core/purge.ts';
import { RateCounts } from './core/rate-counts.ts';
import type { RequestQuery, RequestView } from './core/request-view.ts';
import type { SessionListing, SessionsEnded } from './core/session-listing.ts';
import { TraceIds } from './core/trace-ids.ts';
import { compiled, matchIn, signInRoutes, withHealth, withSignIn, withSuggestion } from './gateway-matching.ts';
import type { AttachOptions, CloseOptions, CreateGatewayOptions, Gateway, ListenOptions } from './gateway-options.ts';
import { attach } from './http/attach.ts';
import { Connections, keepAliveOver, stopAccepting } from './http/connections.ts';
import { explain } from './http/explain.ts';
import { ForwardedHeaders } from './http/forwarded-headers.ts';
import { createHttpServer } from './http/http-server.ts';
import { inOneSpelling } from './http/path.ts';
import { RequestHandler } from './http/request-handler.ts';
import { HeadReader } from './http/request-head.ts';
import { RequestReader } from './http/request-reader.ts';
import { TrustedProxies } from './http/trusted-proxies.ts';
import { viaNameOf } from './http/via-name.ts';
import type { OpenIdentity } from './identity/open-identity.ts';
import { securityFieldsOf } from './middleware/security-headers.ts';
import {
  identityOf,
  keepsResponses,
  logOf,
  mockOf,
  type OpenedParts,
  openApiOf,
  pagesOf,
  recordingsOf,
} from './open-parts.ts';
import { Circuits } from './policies/breaker/circuits.ts';
import { RevalidationBudget } from './policies/cache/fetch/background-revalidation.ts';
import { InFlightBodyBudget } from './policies/cache/fetch/in-flight-body-budget.ts';
import type { CacheEntry } from './policies/cache/storage/entry.ts';
import { MemoryStore } from './policies/cache/storage/memory-store.ts';
import { type OpenStorage, openStorage } from './policies/cache/storage/open-storage.ts';
import { purgedEntries } from './policies/cache/storage/purged-entries.ts';
import { TagPurger } from './policies/cache/storage/purger.ts';
import { storedView } from './policies/cache/storage/stored-view.ts';
import { LocalTagEpochs } from './policies/cache/storage/tag-epochs.ts';
import type { OpenRecordings } from './recordings/open-recordings.ts';
import { Backends } from './service/backends.ts';
import { DnsResolver } from './service/discovery/dns-resolver.ts';
import { EventLoopDelay } from './service/limit/event-loop-delay.ts';
import type { GatewayLog } from './telemetry/log.ts';
import { Metrics, type MetricsSnapshot } from './telemetry/metrics.ts';
import { Observation } from './telemetry/observer.ts';
import { openTracer } from './telemetry/open-tracer.ts';
import { recentRequestViews } from './why/recent-request-views.ts';

export type { AttachOptions, CloseOptions, CreateGatewayOptions, Gateway, ListenOptions } from './gateway-options.ts';

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
  const tracer = await openTracer(options.clock ?? systemClock);
  const opened = { log, tiers, recordings, tracer, createMock, createIdentity, pages: await pagesOf(definitions) };
  return new PorticoGateway(definitions, options, opened);
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
  readonly #pressure = new EventLoopDelay(delayMs => this.#metrics.turned(delayMs));
  readonly #metrics = new Metrics({
    services: () => this.#backends.readings(),
    store: () => ({ bytes: this.#store.bytes, entries: this.#store.size }),
  });
  readonly #observation: Observation;
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
    { log, tiers, recordings, tracer, createMock, createIdentity, pages }: OpenedParts,
  ) {
    const clock = options.clock ?? systemClock;
    this.#clock = clock;
    this.#definitions = definitions;
    this.#circuits = new Circuits({ clock, chance: Math.random }, options.forcedOpen ?? [], options.circuitHints);
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
    const hasServerTiming = gateway.serverTiming ?? isDev;
    this.#observation = new Observation({ metrics: this.#metrics, log, clock, hasServerTiming, tracer });
    this.#requestHandler = new RequestHandler({
      requestReader: new RequestReader({ ...reading, match: isDev ? suggesting : match }),
      observer: this.#observation,
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
    fd,
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
      server.listen(fd !== undefined ? { fd } : path === undefined ? { port, host } : { path }, () => {
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

  services(): readonly ServiceView[] {
    return this.#backends.views();
  }

  stored(): Promise<StoredView> {
    return storedView(this.#store, this.#epochs, memoryOf(this.#definitions));
  }

  counts(): RequestCounts {
    return this.#metrics.counts();
  }

  openApi(): Promise<string> {
    return openApiOf(this.#definitions);
  }

  requests(query: RequestQuery = {}): readonly RequestView[] {
    const sources = { definitions: this.#definitions, metrics: this.#metrics, clock: this.#clock };
    return recentRequestViews(this.#observation.recent.list(), query, sources);
  }

  writtenOptions(key: string): Readonly<Record<string, OptionTexts>> {
    const { routes, gateway } = this.#definitions;
    return {
      ...Object.fromEntries(routes.map(route => [siteName(route, undefined), optionTexts(route.definition, key)])),
      ...Object.fromEntries(
        this.#backends.services.map(({ serviceName, options }) => [
          `service ${serviceName}`,
          optionTexts(options, key),
        ]),
      ),
      gateway: optionTexts(gateway, key),
    };
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#metrics.snapshot();
  }

  #dependencies(definitions: Definitions, options: CreateGatewayOptions, log: GatewayLog): ChainDependencies {
    const { gateway, dir, routes } = definitions;
    const clock = this.#clock;
    const surroundings = {
      clock,
      meter: this.#metrics,
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
        lock,
        // Another gateway with the same Redis is a sibling, too.
        siblings: lock === undefined ? options.siblingFetches : undefined,
        revalidations: new RevalidationBudget(),
        bodyBudget: new InFlightBodyBudget(memory),
        purger,
      },
      circuits: this.#circuits,
      rates: {
        now: () => clock.exact(),
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
