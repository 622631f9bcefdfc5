import { cacheVerdict, timings } from './response-headers.js';

const listeners = new Set();

/** Every call of this page, as soon as it is answered: `listener(call)`. */
export function onCall(listener) {
  listeners.add(listener);
}

export function tell(call) {
  for (const listener of listeners) listener(call);
}

export class Refused extends Error {
  constructor(title, call) {
    super(title);
    this.call = call;
  }
}

/** One call through the door: `{ data, call }`, or a Refused with the problem's title. */
export async function ask(method, path, body) {
  const began = performance.now();
  const response = await send(method, path, body);
  const call = describe({ method, path, ms: performance.now() - began }, response);
  tell(call);
  if (!response) throw new Refused('The door itself does not answer', call);
  const data = await readJson(response);
  if (!response.ok) throw new Refused(data?.title ?? data?.error ?? `The answer was ${response.status}`, call);
  return { data, call };
}

// `no-store` so that the browser's own cache does not hide what the door did.
async function send(method, path, body) {
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  try {
    return await fetch(path, { method, cache: 'no-store', ...json });
  } catch {
    return undefined;
  }
}

function describe(asked, response) {
  if (!response) return { ...asked, status: 0, cache: 'none', parts: [] };
  const cacheStatus = response.headers.get('cache-status') ?? '';
  return {
    ...asked,
    status: response.status,
    cache: cacheVerdict(cacheStatus),
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
