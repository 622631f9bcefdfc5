import type { CreateGatewayOptions, Gateway } from './gateway.ts';

export type { ApiKey, Auth, Jwt, Oidc, RequiredAuth, RouteAuth } from './config/auth.ts';
export type {
  Balance,
  Canary,
  Ejection,
  HashKey,
  HealthCheck,
  TargetEntry,
  TargetFinder,
  TargetOptions,
  Targets,
} from './config/balancing.ts';
export type { ByteSize } from './config/byte-size.ts';
export type { Context } from './config/context.ts';
export type { ContractOf, RouteTypes } from './config/contract.ts';
export type { Csrf } from './config/csrf.ts';
export type { Duration } from './config/duration.ts';
export { defineDefaults, type FolderDefaults, type FolderDefaultsOptions } from './config/folder-defaults.ts';
export { defineGateway, type GatewayFile, type GatewayOptions } from './config/gateway.ts';
export { type Infer, type TypeOnly, type } from './config/infer.ts';
export type { PartResponse } from './config/part-response.ts';
export type { Pass } from './config/pass.ts';
export type { PathParams } from './config/path-params.ts';
export type {
  Breaker,
  Cache,
  CallPolicy,
  Fallback,
  Guard,
  GuardResult,
  Retry,
  Timeouts,
} from './config/policies.ts';
export type { PurgeRequest } from './config/purge-request.ts';
export { type Refusal, type RefusalOptions, refuse } from './config/refusal.ts';
export type { HeaderValues, RequestHeaders } from './config/request-headers.ts';
export type { GatewayLimits, RouteLimits } from './config/request-limits.ts';
export { defineRoute, type PartId, type PartPolicy, type Route, type RouteDefinition } from './config/route.ts';
export type { Secret } from './config/secret.ts';
export type { SecurityHeaders } from './config/security-headers.ts';
export { type Call, defineService, type Mirror, type Service, type ServiceOptions } from './config/service.ts';
export type { ServiceToken } from './config/service-token.ts';
export type { SessionOptions } from './config/session.ts';
export type { SessionCommand, SessionQuery } from './config/session-command.ts';
export type { BreakerReading } from './core/breaker-reading.ts';
export type { ExplainQuery, Explanation } from './core/explanation.ts';
export type { ListedSession, SessionListing, SessionsEnded } from './core/session-listing.ts';
export type { User } from './core/user.ts';
export type { AttachOptions, CloseOptions, CreateGatewayOptions, Gateway, ListenOptions } from './gateway.ts';
export type { RecordingsOptions } from './recordings/options.ts';

/**
 * Loads a project's routes.
 * @throws DefinitionError with every mistake in the project's files; ProjectError if the folder is no project.
 */
export async function createGateway(options: CreateGatewayOptions = {}): Promise<Gateway> {
  // Node walks the whole graph of modules below each imported file, and every route imports this one: with the gateway
  // in its graph, a thousand routes take a third longer to load.
  const { requireOwnPackage } = await import('./own-package.ts');
  requireOwnPackage();
  const gateway = await import('./gateway.ts');
  return gateway.createGateway(options);
}
