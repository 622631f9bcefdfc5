import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'http-proxy-middleware';
import type { Hooks } from '../../config/transport.ts';
import { asFailure, type GatewayError } from '../../core/failure.ts';

type Proxy = Parameters<Plugin>[0];

/** A request made for the middleware, as hooks receive it; it is notified of its failures. */
export interface Blamed {
  failed(failure: GatewayError): void;
}

/**
 * A team's plugins and `on`, wrapped so that they cannot end the process: an error in a listener fails its own request.
 */
export function hookPlugins({ plugins = [], on = {} }: Hooks): Plugin[] {
  const listening: Plugin = proxy => {
    for (const [event, hook] of Object.entries(on)) proxy.on(event, hook);
  };
  // `on` as a separate plugin, because the middleware's own one includes others that respond by themselves.
  return [...plugins, listening].map(plugin => (proxy, options) => plugin(withSafeListeners(proxy), options));
}

const ADDING = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const;

function withSafeListeners(proxy: Proxy): Proxy {
  const adding = ADDING.map(method => {
    const add = (event: string, listener: HookListener): Proxy => proxy[method](event, safe(listener));
    return [method, { value: add }] as const;
  });
  return Object.create(proxy, Object.fromEntries(adding));
}

type HookListener = (...args: readonly unknown[]) => unknown;

function safe(listener: HookListener): HookListener {
  return (...args) => {
    const blame = (thrown: unknown): void => args.find(isBlamed)?.failed(asFailure(thrown));
    try {
      const result = listener(...args);
      if (result instanceof Promise) result.catch(blame);
    } catch (thrown) {
      blame(thrown);
    }
  };
}

function isBlamed(value: unknown): value is Blamed {
  return typeof value === 'object' && value !== null && 'failed' in value && typeof value.failed === 'function';
}

const asReceived = new WeakMap<IncomingMessage, Readonly<Record<string, unknown>>>();

/** Called before any hook, so that changes of `headers` are found by comparison. */
export function rememberHead(response: IncomingMessage): void {
  asReceived.set(response, { ...response.headers });
}

/** The headers in wire order, including changes of hooks in `headers`: name, value, name, value, ... */
export function headAsEdited(response: IncomingMessage): readonly string[] {
  const before = asReceived.get(response);
  if (before === undefined) return response.rawHeaders;
  const { headers, rawHeaders } = response;
  const kept = rawHeaders.filter((_, i) => {
    const name = (rawHeaders[i - (i % 2)] ?? '').toLowerCase();
    return headers[name] === before[name];
  });
  const changed = Object.entries(headers).filter(([name, value]) => value !== before[name]);
  return [...kept, ...changed.flatMap(([name, value]) => [value ?? []].flat().flatMap(each => [name, String(each)]))];
}
