import type { CallTarget, Exchange } from '../core/exchange.ts';
import type { AnyContext } from '../define/loaded.ts';
import { compilePattern, withQuery } from '../define/path-pattern.ts';
import { contextOf } from '../define/request-context.ts';
import { type Call, isService, type Service } from '../define/service.ts';

/** What a proxy route asks its backend, by the request. */
export type CallOf = (x: Exchange) => CallTarget & { readonly service: Service };

type ProxyTarget = Service | Call | ((c: AnyContext) => Call);

/** Which service a proxy target always means; undefined where a function chooses. */
export function fixedService(target: ProxyTarget): Service | undefined {
  if (isService(target)) return target;
  return typeof target === 'function' ? undefined : target.service;
}

export function callOf(target: ProxyTarget): CallOf {
  if (isService(target)) return x => ({ service: target, path: x.path, search: x.search });
  if (typeof target === 'function') return x => fixedCall(target(contextOf(x)))(x);
  return fixedCall(target);
}

/** A pattern takes the client's query along; a written path is sent exactly as it stands. */
export function fixedCall(call: Call): CallOf {
  const { service } = call;
  if ('path' in call) {
    const exact = { service, ...withQuery(call.path, '') };
    return () => exact;
  }
  const fill = compilePattern(call.pattern);
  return x => ({ service, ...withQuery(fill(x.params), x.search) });
}
