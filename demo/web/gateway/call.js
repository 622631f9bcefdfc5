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

/** One call through the gateway: `{ data, call }`, or a CallError with the problem's title. */
export async function callGateway(method, path, body) {
  const began = performance.now();
  const response = await send(method, path, body);
  const call = describe({ method, path, ms: performance.now() - began }, response);
  reportCall(call);
  if (!response) throw new CallError('The gateway does not respond', call);
  const data = await readJson(response);
  if (!response.ok) throw new CallError(data?.title ?? data?.error ?? `The response was ${response.status}`, call);
  return { data, call };
}

/** `failed`, `fallback` if the gateway replaced a failed response, or `ok`. */
export function outcomeOf({ status, fallback, cache, parts }) {
  if (status === 0 || status === 'closed' || status >= 500) return 'failed';
  // A stale response means that the backend failed, or that its state is not known yet.
  const isFallback =
    fallback || cache === 'stale' || parts.some(({ note }) => /^(?:fallback|optional|stale)/.test(note));
  return isFallback ? 'fallback' : 'ok';
}

// `no-store` keeps the browser's own cache from hiding the gateway's result.
async function send(method, path, body) {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  try {
    return await fetch(path, { method, cache: 'no-store', ...json });
  } catch {
    return undefined;
  }
}

function describe(request, response) {
  if (!response) return { ...request, status: 0, cache: 'none', parts: [] };
  const cacheStatus = response.headers.get('cache-status') ?? '';
  return {
    ...request,
    status: response.status,
    cache: cacheResult(cacheStatus),
    cacheStatus,
    ...timings(response.headers.get('server-timing')),
  };
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
