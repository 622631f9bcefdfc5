import type { IncomingMessage } from 'node:http';
import type { OnProxyEvent, Plugin } from 'http-proxy-middleware';

const asReceived = new WeakMap<IncomingMessage, Readonly<Record<string, unknown>>>();

/** A team's `on: { ... }` as a plugin, since the middleware's own plugin for it comes with others that answer by themselves. */
export function hooksOf(on: OnProxyEvent = {}): Plugin {
  return proxy => {
    for (const [event, hook] of Object.entries(on)) proxy.on(event, hook);
  };
}

/** To be called before any hook: what a hook changes in `headers` is seen by comparing. */
export function rememberHead(answer: IncomingMessage): void {
  asReceived.set(answer, { ...answer.headers });
}

/** The head as on the wire, with what hooks changed in `headers`: name, value, name, value, ... */
export function headAsEdited(answer: IncomingMessage): readonly string[] {
  const before = asReceived.get(answer);
  if (before === undefined) return answer.rawHeaders;
  const { headers, rawHeaders } = answer;
  const kept = rawHeaders.filter((_, i) => {
    const name = (rawHeaders[i - (i % 2)] ?? '').toLowerCase();
    return headers[name] === before[name];
  });
  const changed = Object.entries(headers).filter(([name, value]) => value !== before[name]);
  return [...kept, ...changed.flatMap(([name, value]) => [value ?? []].flat().flatMap(each => [name, String(each)]))];
}
