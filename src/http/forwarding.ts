import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Client } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';

/** Whose word about the client is believed: the proxies before the gateway. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  /** @param ranges addresses and CIDR ranges. */
  constructor(ranges: readonly string[]) {
    this.#any = ranges.length > 0;
    for (const range of ranges) {
      const [address = '', prefix] = range.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string): boolean {
    if (!this.#any) return false;
    const bare = unmapped(address);
    const family = isIP(bare);
    return family !== 0 && this.#list.check(bare, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** What the gateway tells backends about the client, and what it believes itself. */
export interface Forwarding {
  readonly client: Client;
  readonly requestId: string | undefined;
  /** Name, value, name, value, ... in place of whatever came in under these names. */
  readonly fields: readonly string[];
}

export function forwardingOf(req: IncomingMessage, trusted: TrustedProxies, mount: string): Forwarding {
  const peer = unmapped(req.socket.remoteAddress ?? '');
  const believed = trusted.has(peer);
  const chain = believed ? [...listed(req.headers['x-forwarded-for']), peer] : [peer];
  const host = (believed ? listed(req.headers['x-forwarded-host']).at(-1) : undefined) ?? hostOf(req);
  const said = believed ? listed(req.headers['x-forwarded-proto']).at(-1) : undefined;
  const encrypted = 'encrypted' in req.socket && req.socket.encrypted === true;
  const protocol = said === 'https' || (said === undefined && encrypted) ? 'https' : 'http';
  const requestId = believed ? textOf(req.headers['x-request-id']) : undefined;
  return {
    client: { address: clientOf(chain, trusted), protocol, host, mount },
    requestId,
    fields: ['x-forwarded-for', chain.join(', '), 'x-forwarded-proto', protocol, 'x-forwarded-host', host],
  };
}

/** From right to left: the first address that no trusted proxy vouches for is the client. */
function clientOf(chain: readonly string[], trusted: TrustedProxies): string {
  for (let i = chain.length - 1; i > 0; i--) {
    const address = chain[i] ?? '';
    if (!trusted.has(address)) return address;
  }
  return chain[0] ?? '';
}

// RFC 9110 §7.2, RFC 9112 §3.2: exactly one Host, and one that can be an authority.
function hostOf(req: IncomingMessage): string {
  const host = req.headers.host;
  if (host === undefined && req.httpVersion === '1.0') return 'localhost';
  const lines = req.rawHeaders.filter((name, i) => i % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host');
  if (host === undefined || lines.length !== 1 || !AUTHORITY.test(host)) {
    throw new GatewayError('request.malformed', 'The Host header is not one host');
  }
  return host.toLowerCase();
}

const AUTHORITY = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

function listed(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return String(value)
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
}

function textOf(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text !== undefined && /^[\w.:/+=@-]{1,200}$/.test(text) ? text : undefined;
}

// A dual-stack socket names an IPv4 peer ::ffff:192.0.2.1.
function unmapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
