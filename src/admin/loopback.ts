import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { type AdminResponse, problem } from './admin-response.ts';

const OWN_NAME = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/**
 * Rejects a request for a name other than this host's own, because a page of any site can point a name of its own to
 * this host and would then read the response. Undefined for an allowed request; an HTTP/1.0 probe names no host.
 */
export function foreignName({ headers: { host } }: IncomingMessage): AdminResponse | undefined {
  if (host === undefined || OWN_NAME.test(host)) return undefined;
  return problem(421, 'request.unknown_host', 'The admin port serves localhost only');
}

/** Whether the request comes from this host. */
export function isFromHere({ socket: { remoteAddress = '' } }: IncomingMessage): boolean {
  return isLoopback(remoteAddress.replace(/^::ffff:/, ''));
}

/** Whether an address or a name is a loopback one. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || (isIPv4(host) && host.startsWith('127.'));
}
