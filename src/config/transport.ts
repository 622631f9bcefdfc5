import type { OnProxyEvent, Plugin } from 'http-proxy-middleware';

/** What a team brings for http-proxy-middleware: what its documentation says of `plugins` and `on` holds. */
export interface Hooks {
  /** Plugins, registered before `on`. Default none. */
  readonly plugins?: readonly Plugin[];
  /**
   * Listeners on its events (`proxyReq`, `proxyRes`, `error`, ...). They see stand-ins for the client's request and
   * response. Default none.
   */
  readonly on?: OnProxyEvent;
}

/** What moves HTTP to a service's targets. WebSockets always go over http-proxy-middleware. */
export type TransportChoice = 'undici' | 'http-proxy-middleware' | ({ readonly name: 'http-proxy-middleware' } & Hooks);
