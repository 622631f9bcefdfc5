import { route } from './gateway.ts';

/** Both transports. Test rows about bytes and sockets run on each of them. */
export const TRANSPORTS = ['undici', 'http-proxy-middleware'] as const;

export type TransportName = (typeof TRANSPORTS)[number];

/** A project with one route that proxies every request to one backend over the given transport. */
export function everythingTo(url: string, transport: TransportName, policies = ''): Record<string, string> {
  const service = `defineService('backend', { targets: ['${url}'], transport: '${transport}' })`;
  return { 'routes/[[...path]].ts': route(`{ proxy: ${service}${policies} }`) };
}

/** A service of several targets over the given transport, as text for `services.ts`. */
export function serviceTo(urls: readonly string[], transport: TransportName): string {
  return `defineService('backends', { targets: ${JSON.stringify(urls)}, transport: '${transport}' })`;
}
