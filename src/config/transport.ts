import type { OnProxyEvent, Plugin } from 'http-proxy-middleware';

/** Plugins and listeners of http-proxy-middleware, as documented there for `plugins` and `on`. */
export interface Hooks {
  /** Plugins, registered before `on`. Default none. */
  readonly plugins?: readonly Plugin[];
  /**
   * Listeners on its events (`proxyReq`, `proxyRes`, `error`, ...). They receive substitutes for the client's request
   * and response. Default none.
   */
  readonly on?: OnProxyEvent;
}

/** The HTTP client of a service. WebSockets always use http-proxy-middleware. */
export type TransportChoice =
  | 'undici'
  | 'http-proxy-middleware'
  | ({
      /** The only transport with plugins and hooks. Required. */
      readonly name: 'http-proxy-middleware';
    } & Hooks);
