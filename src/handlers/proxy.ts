import type { AnyContext } from '../config/loaded-route.ts';
import { compilePattern, withQuery } from '../config/path-pattern.ts';
import { contextOf } from '../config/request-context.ts';
import { type Call, isService, type Service } from '../config/service.ts';
import type { CallTarget, Exchange } from '../core/exchange.ts';
import { SAME_PATH } from '../core/public-path.ts';
import { publicPathOf } from './public-path.ts';

/** Computes the call of a proxy route from the request. */
export type CallOf = (x: Exchange) => CallTarget & { readonly service: Service };

type ProxyTarget = Service | Call | ((c: AnyContext) => Call);

/** The service that a proxy target always uses; undefined if a function chooses it. */
export function fixedService(target: ProxyTarget): Service | undefined {
  if (isService(target)) return target;
  return typeof target === 'function' ? undefined : target.service;
}

/** @param address the route's own address, in the notation of its file. */
export function callOf(target: ProxyTarget, address: string): CallOf {
  if (isService(target)) return x => ({ service: target, path: x.path, search: x.search, publicPath: SAME_PATH });
  if (typeof target === 'function') return x => fixedCall(target(contextOf(x)), address)(x);
  return fixedCall(target, address);
}

/** A pattern gets the client's query appended; a written path is sent unchanged. */
export function fixedCall(call: Call, address?: string): CallOf {
  const { service } = call;
  if ('path' in call) {
    const exact = { service, ...withQuery(call.path, '') };
    return () => exact;
  }
  const fill = compilePattern(call.pattern);
  const publicPath = address === undefined ? undefined : publicPathOf(call.pattern, address);
  return x => ({ service, publicPath, ...withQuery(fill(x), x.search) });
}
