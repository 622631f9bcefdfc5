import type { AnyContext } from '../config/loaded-route.ts';
import type { Guard, GuardResult } from '../config/policies.ts';
import { isRefusal } from '../config/refusal.ts';
import { contextOf } from '../config/request-context.ts';
import type { Exchange } from '../core/exchange.ts';
import { type FailureCode, GatewayError } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
import { mapResult } from '../core/map-result.ts';
import type { Reply } from '../core/reply.ts';

/**
 * Runs the guards in order; the first rejection ends the request. A guarded response without `Cache-Control` becomes
 * `private`, because otherwise a shared cache in front of the gateway might store it by heuristics (RFC 9111 §4.2.2).
 */
export function guard(guards: readonly Guard<AnyContext>[]): Stage {
  return next => x => mapResult(guardedBy => guardFrom(0, guards, guardedBy, next), x, guarded);
}

function guarded(reply: Reply): Reply {
  if (reply.status === 101 || reply.headers.has('cache-control')) return reply;
  return { ...reply, headers: reply.headers.concat(['Cache-Control', 'private']) };
}

function guardFrom(
  index: number,
  guards: readonly Guard<AnyContext>[],
  x: Exchange,
  next: Handler,
): Reply | Promise<Reply> {
  const run = guards[index];
  if (run === undefined) return next(x);
  const response = run(contextOf(x));
  if (response instanceof Promise) return response.then(known => guardFrom(index + 1, guards, admit(x, known), next));
  return guardFrom(index + 1, guards, admit(x, response), next);
}

function admit(x: Exchange, response: GuardResult): Exchange {
  if (response === undefined) return x;
  if (isRefusal(response)) {
    const { status, detail, challenge } = response;
    // RFC 9110 §15.5.2.
    const headers = status === 401 ? ['WWW-Authenticate', challenge] : [];
    throw new GatewayError(refusalCode(status), detail, { status, headers });
  }
  if (typeof response === 'object' && 'subject' in response) return x.withDetails({ subject: response.subject });
  throw new TypeError('a guard returns undefined, refuse(status, detail) or { subject }');
}

function refusalCode(status: number): FailureCode {
  if (status === 401) return 'request.unauthorized';
  return status === 403 ? 'request.forbidden' : 'request.refused';
}
