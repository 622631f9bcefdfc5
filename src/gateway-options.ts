import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express, RequestHandler as Middleware } from 'express';
import type { CompiledRoute } from './chain/route.ts';
import type { OptionTexts } from './config/option-texts.ts';
import type { PurgeRequest } from './config/purge-request.ts';
import type { WrittenLimits } from './config/request-limits.ts';
import type { SessionCommand, SessionQuery } from './config/session-command.ts';
import type { BreakerReading } from './core/breaker-reading.ts';
import type { ExplainQuery, Explanation } from './core/explanation.ts';
import type { Bus } from './core/ports/bus.ts';
import type { CircuitHints } from './core/ports/circuit-hints.ts';
import type { Clock } from './core/ports/clock.ts';
import type { LearnedLimit } from './core/ports/limiter.ts';
import type { NameResolver } from './core/ports/name-resolver.ts';
import type { SharedRateCounts } from './core/ports/rate-counts.ts';
import type { SessionNews } from './core/ports/session-news.ts';
import type { SiblingFetches } from './core/ports/sibling-fetches.ts';
import type { RequestCounts, ServiceView, StoredView } from './core/process-views.ts';
import type { Purge } from './core/purge.ts';
import type { RequestQuery, RequestView } from './core/request-view.ts';
import type { SessionListing, SessionsEnded } from './core/session-listing.ts';
import type { RecordingsOptions } from './recordings/options.ts';
import type { MetricsSnapshot } from './telemetry/metrics.ts';

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
  /** One fetch of a stored response for the processes of one gateway. Default none: a single process, or a Redis. */
  readonly siblingFetches?: SiblingFetches;
  /** What the processes of one gateway find out about backends. Default none: a single process. */
  readonly circuitHints?: CircuitHints;
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
  /** File descriptor of a socket that another program listens on already, instead of all of these. Default none. */
  readonly fd?: number;
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
  /** The services of this process and their targets; one that no route names is listed after its first call. */
  services(): readonly ServiceView[];
  /** What is stored in the memory of this process, by tag. It visits every entry, so call it seldom. */
  stored(): Promise<StoredView>;
  /** What this process has counted since its start: two of these give rates and percentiles. */
  counts(): RequestCounts;
  /** Whether responses are stored on disk over restarts. */
  readonly keepsOnDisk: boolean;
  /** What is done with recordings, in a few words; undefined for nothing. */
  readonly recordings: string | undefined;
  /** The routes as OpenAPI 3.1.2, in JSON. */
  openApi(): Promise<string>;
  /**
   * The latest requests of this process, with the reasons why they were slow, missed or failed: the latest first, at
   * most 100 of the last 512. Default all of these; a query for one id reads the project's files for the places of
   * options.
   */
  requests(query?: RequestQuery): readonly RequestView[];
  /**
   * The written options of the routes, the services and the gateway as texts, to compare two loads: those of
   * `GET /api/products/{id}`, `service catalog` and `gateway` by their names. What may be a secret is named by a hash.
   * @param key of the hash: the same for loads that are compared.
   */
  writtenOptions(key: string): Readonly<Record<string, OptionTexts>>;
  /** The metrics of this process as data. */
  metrics(): Promise<MetricsSnapshot>;
}
