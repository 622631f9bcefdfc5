/** What the page reads and commands: the admin port, with the token of the reader if it needs one. */

const KEY = 'portico-admin-token';

/** A response that is an error, or none at all. */
export class GatewayProblem extends Error {
  /** @param status 0 without a response. @param isWrongToken whether a token was sent that is not the gateway's. */
  constructor(title, status, isWrongToken = false) {
    super(title);
    this.status = status;
    this.isWrongToken = isWrongToken;
  }
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Until the tab is closed. */
export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

/** @param path relative to the page, since a proxy may serve it elsewhere. */
export function read(path) {
  return send(path, {});
}

export function command(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  return send(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function send(path, { headers, ...request }) {
  const token = sessionStorage.getItem(KEY);
  const authorization = token === null ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(new URL(`../${path}`, import.meta.url), {
    ...request,
    headers: { Accept: 'application/json', ...headers, ...authorization },
    signal: AbortSignal.timeout(10_000),
  }).catch(() => {
    throw new GatewayProblem('The gateway does not respond', 0);
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const title = body.title ?? `The gateway responded with ${response.status}`;
  const details = (body.errors ?? []).map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`.trim());
  throw new GatewayProblem([title, ...details].join(': '), response.status, response.status === 401 && token !== null);
}
