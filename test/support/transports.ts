import { route } from './gateway.ts';

/** What moves the bytes to a backend. Rows about bytes and sockets hold on each of them. */
export const TRANSPORTS = ['undici', 'http-proxy-middleware'] as const;

export type TransportName = (typeof TRANSPORTS)[number];

/** A project of one route that lets every request through to one backend, over the transport in question. */
export function everythingTo(url: string, transport: TransportName, policies = ''): Record<string, string> {
  const service = `defineService('backend', { targets: ['${url}'], transport: '${transport}' })`;
  return { 'routes/[[...path]].ts': route(`{ proxy: ${service}${policies} }`) };
}

/** A service of several targets over the transport in question, as a project's `services.ts` would define it. */
export function serviceTo(urls: readonly string[], transport: TransportName): string {
  return `defineService('backends', { targets: ${JSON.stringify(urls)}, transport: '${transport}' })`;
}
