/**
 * @import { AppRoutes } from '../../../app-routes.d.ts'
 * @import { ArgumentsOf, ResponseOf } from 'portico/client'
 */
import { client, ResponseError } from 'portico/client';
import { cacheResult, timings } from './response-headers.js';

const listeners = new Set();

/** `listener(call)` runs for every call of this page once its response has arrived. */
export function onCall(listener) {
  listeners.add(listener);
}

export function reportCall(call) {
  for (const listener of listeners) listener(call);
}

export class CallError extends Error {
  constructor(title, call) {
    super(title);
    this.call = call;
  }
}

/**
 * One call through the gateway, by method and path of its route: `{ data, call }`, or a CallError with the problem's
 * title. The types are those of the routes.
 *
 * @template {keyof AppRoutes & string} Key
 * @param {Key} key
 * @param {ArgumentsOf<AppRoutes[Key]>} options
 */
export async function callGateway(key, ...options) {
  const began = performance.now();
  const request = { method: key.split(' ')[0], path: key.split(' ')[1], ms: 0 };
  /** @type {Response | undefined} */
  let response;
  // `no-store` keeps the browser's own cache from hiding the gateway's result.
  const observed = async (path, init) => {
    request.path = path;
    response = await fetch(path, { ...init, cache: 'no-store' });
    return response;
  };
  const report = () => {
    const call = describe({ ...request, ms: performance.now() - began }, response);
    reportCall(call);
    return call;
  };
  try {
    /** @type {ResponseOf<AppRoutes[Key]>} */
    const data = await client({ fetch: observed })(key, ...options);
    return { data, call: report() };
  } catch (error) {
    throw new CallError(titleOf(error), report());
  }
}

function titleOf(error) {
  if (!(error instanceof ResponseError)) return 'The gateway does not respond';
  return error.problem?.title ?? `The response was ${error.status}`;
}

/** `failed`, `fallback` if the gateway replaced a failed response, or `ok`. */
export function outcomeOf({ status, fallback, cache, parts }) {
  if (status === 0 || status === 'closed' || status >= 500) return 'failed';
  // A stale response means that the backend failed, or that its state is not known yet.
  const isFallback =
    fallback || cache === 'stale' || parts.some(({ note }) => /^(?:fallback|optional|stale)/.test(note));
  return isFallback ? 'fallback' : 'ok';
}

function describe(request, response) {
  if (!response) return { ...request, status: 0, cache: 'none', parts: [] };
  const cacheStatus = response.headers.get('cache-status') ?? '';
  return {
    ...request,
    status: response.status,
    cache: cacheResult(cacheStatus),
    cacheStatus,
    rateLimit: response.headers.get('ratelimit') ?? undefined,
    ratePolicy: response.headers.get('ratelimit-policy') ?? undefined,
    retryAfter: response.headers.get('retry-after') ?? undefined,
    ...timings(response.headers.get('server-timing')),
  };
}
