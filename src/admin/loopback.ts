import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { type AdminResponse, problem } from './admin-response.ts';

const OWN_NAME = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

/**
 * The refusal of a request for another name than this host's own: a page of any site can lead a name of its own here,
 * and would then read the answer. Undefined for none; a probe that speaks HTTP/1.0 names no host at all.
 */
export function foreignName({ headers: { host } }: IncomingMessage): AdminResponse | undefined {
  if (host === undefined || OWN_NAME.test(host)) return undefined;
  return problem(421, 'request.unknown_host', 'The admin port serves localhost only');
}

/** Whether the request comes from a program on this host. */
export function isFromHere({ socket: { remoteAddress = '' } }: IncomingMessage): boolean {
  return isLoopback(remoteAddress.replace(/^::ffff:/, ''));
}

/** Whether an address or a name is this host's alone. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || (isIPv4(host) && host.startsWith('127.'));
}
