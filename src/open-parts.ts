import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Definitions, LoadedRoute } from './config/loaded-route.ts';
import { describeThrown } from './config-loader/thrown-error.ts';
import type { BackendMock } from './core/ports/backend-mock.ts';
import { type Clock, systemClock } from './core/ports/clock.ts';
import type { ProviderFetch } from './core/ports/identity.ts';
import type { Meter } from './core/ports/meter.ts';
import type { Tracer } from './core/ports/tracer.ts';
import type { CreateGatewayOptions } from './gateway-options.ts';
import type { OpenIdentity } from './identity/open-identity.ts';
import type { OpenStorage } from './policies/cache/storage/open-storage.ts';
import type { OpenRecordings } from './recordings/open-recordings.ts';
import { DEFAULT_FOLDER, type RecordingsOptions } from './recordings/options.ts';
import { DevLog } from './telemetry/dev-log.ts';
import { writeError } from './telemetry/error-output.ts';
import { FailureLog, type GatewayLog } from './telemetry/log.ts';

const FIRST_CONNECTION_MS = 2_000;

/** Resolves with the promise, or after that time. */
async function within(promise: Promise<void>, ms: number, clock: Clock): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(ms, resolve);
  await Promise.race([promise, over]);
  timer.cancel();
}

/** Who signs in: loaded only where a gateway recognises users. */
export async function identityOf(
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
      note,
      shared: tiers.sessions,
      news: sessionNews,
      isServing: stores !== false,
      env: process.env,
    });
}

/** Loaded on demand, like the page. @throws TypeError outside of `dev`, where made values would be taken for real. */
export async function mockOf({ mock, mode, recordings }: CreateGatewayOptions): Promise<OpenedParts['createMock']> {
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
export function keepsResponses({ stores, recordings, mock }: CreateGatewayOptions): boolean {
  return stores !== false && mock !== true && (recordings === undefined || recordings.use === 'compare');
}

/** Their code is loaded only where it is used. */
export async function recordingsOf(
  { recordings, mock, mode, clock = systemClock }: CreateGatewayOptions,
  dir: string,
  log: GatewayLog,
): Promise<OpenRecordings | undefined> {
  const options = recordings ?? (mock === true ? MOCK_RECORDINGS : undefined);
  if (options === undefined) return undefined;
  const { use, folder = DEFAULT_FOLDER } = options;
  if ((use === 'compare' || use === 'mock') && !existsSync(resolve(dir, folder))) {
    // `dev` uses them where there are some; in production somebody wants them.
    if (mode !== 'dev') note(`responses are not compared: there is no ${folder}; \`portico record\` makes it`);
    return undefined;
  }
  const { openRecordings } = await import('./recordings/open-recordings.ts');
  return openRecordings(options, { dir, clock, note, drifted: drift => log.drifted(drift) });
}

function note(line: string): void {
  writeError(`portico: ${line}`);
}

const MOCK_RECORDINGS: RecordingsOptions = { use: 'mock' };

/** The page of the API, which is loaded only where it is configured. */
export async function pagesOf(definitions: Definitions): Promise<readonly LoadedRoute[]> {
  const { apiDocs } = definitions.gateway;
  if (apiDocs === undefined) return [];
  const { pageRoutes } = await import('./openapi/page-routes.ts');
  return pageRoutes({ apiDocs, file: definitions.gatewayFile ?? '', document: () => openApiOf(definitions) });
}

export async function openApiOf({ dir, routes, gateway }: Definitions): Promise<string> {
  const { documentText } = await import('./openapi/document-text.ts');
  return documentText(dir, routes, gateway);
}

/** In `dev` every request is logged by default. */
export function logOf(
  { mode, logLevel, logFormat, clock = systemClock }: CreateGatewayOptions,
  dir: string,
): GatewayLog {
  const level = logLevel || process.env.LOG_LEVEL || (mode === 'dev' ? 'info' : 'warn');
  if (logFormat === 'text') return new DevLog(level, thrown => describeThrown(dir, thrown));
  return new FailureLog(level, clock);
}

/** The parts that exist before the routes are compiled. */
export interface OpenedParts {
  readonly log: GatewayLog;
  readonly tiers: OpenStorage;
  readonly recordings: OpenRecordings | undefined;
  /** Undefined if nobody records traces. */
  readonly tracer: Tracer | undefined;
  /** Undefined for the backends themselves. */
  readonly createMock: ((bodyLimit: number) => BackendMock) | undefined;
  /** Undefined for a gateway that recognises nobody. */
  readonly createIdentity: ((fetch: ProviderFetch, meter: Meter) => OpenIdentity) | undefined;
  /** Routes of the gateway itself. */
  readonly pages: readonly LoadedRoute[];
}
