import { DEFAULTS } from '../config/defaults.ts';
import { writtenDuration } from '../config/duration.ts';
import type { AnyContext } from '../config/loaded-route.ts';
import type { RequestHeaders } from '../config/request-headers.ts';
import type { Handler } from '../core/handler.ts';
import type { Priority } from '../core/ports/limiter.ts';
import type { Backend } from '../service/backend.ts';
import { whenFound } from '../service/discovery/when-found.ts';
import { limit } from '../service/limit/stage.ts';
import { requestHeaders } from '../service/request-headers.ts';
import { type HedgePolicy, hedged } from '../service/retry/hedge.ts';
import type { RetryPolicy } from '../service/retry/repeatable.ts';
import { retry } from '../service/retry/retrying-call.ts';
import { limitNow, retryNow, targetsNow } from './current-state.ts';
import { type Chain, compose, type Described, present, type Step } from './step.ts';

/** The policies of a call site for its calls to a service. */
export interface ServicePolicies {
  readonly retry: RetryPolicy;
  readonly hedge: HedgePolicy | undefined;
  readonly priority: Priority;
  /** From the service to the call site. */
  readonly headers: readonly RequestHeaders<AnyContext>[];
}

/** What only some calls to a service have around or beside them. */
export interface ServiceExtras {
  /** The mirror step. */
  readonly copied?: Step | undefined;
  /** Wraps all attempts of a call. */
  readonly around?: ((send: Handler) => Handler) | undefined;
}

/**
 * The service chain: limit → mirror → headers → retry(balance → transport). Limiter, balancer and transport are shared
 * by every call to the service.
 */
export function serviceChain(backend: Backend, policies: ServicePolicies, extras: ServiceExtras = {}): Chain {
  const { hedge, retry: policy } = policies;
  const { shared, limiter, found } = backend;
  const sent = hedge === undefined ? retry(policy, shared) : hedged(hedge, policy, shared, limiter);
  const called = found === undefined ? sent : whenFound(found, sent);
  const { copied, around } = extras;
  const end = around === undefined ? called : around(called);
  const { steps, handler } = compose(
    present(limitStep(backend, policies.priority), copied, headersStep(policies)),
    end,
  );
  return { steps: [...steps, ...described(backend, policies)], handler };
}

function headersStep({ headers }: ServicePolicies): Step | undefined {
  if (headers.length === 0) return undefined;
  return {
    name: 'headers',
    policy: `headers ${headers.map(headersDescription).join(', ')}`,
    stage: requestHeaders(headers),
  };
}

// Names only, because a value may be a secret.
function headersDescription(headers: RequestHeaders<AnyContext>): string {
  if (typeof headers === 'function') return 'by a function';
  const names = Object.entries(headers).map(([name, value]) => (value === undefined ? `no ${name}` : name));
  return names.join(', ').toLowerCase();
}

function limitStep({ limiter, service, shared }: Backend, priority: Priority): Step | undefined {
  const { concurrency = DEFAULTS.service.concurrency } = service.options;
  if (concurrency === false) return undefined;
  const words = priority === DEFAULTS.priority ? `limit ${concurrency}` : `limit ${concurrency}, ${priority}`;
  return {
    name: 'limit',
    policy: words,
    stage: limit(limiter, shared.clock, priority),
    now: () => limitNow(limiter, concurrency === 'adaptive'),
  };
}

/** The steps of a service. A retry is shown if it differs from the default, balancing only with its state. */
function described(backend: Backend, { retry: { declared, attempts }, hedge }: ServicePolicies): Described[] {
  const { balance = DEFAULTS.service.balance } = backend.service.options;
  const balanced = typeof balance === 'string' ? balance : 'hash';
  const isUsed = declared || attempts <= 1;
  const once: Described = {
    name: 'retry',
    policy: attempts > 1 ? `retry ${attempts}` : 'no retry',
    ...(attempts > 1 && { now: () => retryNow(backend) }),
    ...(!isUsed && { implicit: true }),
  };
  const after = hedge?.afterMs === undefined ? 'p95' : writtenDuration(hedge.afterMs);
  return [
    { name: 'balance', policy: `balance ${balanced}`, implicit: true, now: () => targetsNow(backend) },
    once,
    ...(hedge === undefined ? [] : [{ name: 'hedge' as const, policy: `hedge after ${after}` }]),
  ];
}
