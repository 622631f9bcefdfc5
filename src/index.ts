export type { BreakerReading } from './core/breaker-reading.ts';
export type { Explanation, Question } from './core/explanation.ts';
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
} from './define/balancing.ts';
export type { ByteSize } from './define/byte-size.ts';
export type { Context } from './define/context.ts';
export type { Duration } from './define/duration.ts';
export { defineDefaults, type FolderDefaults, type FolderDefaultsOptions } from './define/folder-defaults.ts';
export { defineGateway, type GatewayFile, type GatewayOptions } from './define/gateway.ts';
export { type Infer, type TypeOnly, type } from './define/infer.ts';
export type { GatewayLimits, RouteLimits } from './define/limits.ts';
export type { PathParams } from './define/path-params.ts';
export type { Breaker, Cache, CallPolicy, Fallback, Guard, GuardAnswer, Retry, Timeouts } from './define/policy.ts';
export type { PurgeOrder } from './define/purge.ts';
export { type Refusal, type RefusalOptions, refuse } from './define/refusal.ts';
export type { HeaderValues, RequestHeaders } from './define/request-headers.ts';
export { defineRoute, type PartPolicy, type Route, type RouteDefinition } from './define/route.ts';
export { type Call, defineService, type Mirror, type Service, type ServiceOptions } from './define/service.ts';
export {
  type AttachOptions,
  type CloseOptions,
  type CreateGatewayOptions,
  createGateway,
  type Gateway,
  type ListenOptions,
} from './gateway.ts';
