import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Client } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import { HeaderList } from '../core/headers/header-list.ts';

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

export function forwardingOf(
  req: IncomingMessage,
  raw: HeaderList,
  trusted: TrustedProxies,
  mount: string,
): Forwarding {
  const peer = unmapped(req.socket.remoteAddress ?? '');
  const said = trusted.has(peer) ? raw : HeaderList.empty;
  const chain = [...listed(said.joined('x-forwarded-for')), peer];
  const host = authority(listed(said.joined('x-forwarded-host')).at(-1) ?? hostOf(req, raw));
  const scheme = listed(said.joined('x-forwarded-proto')).at(-1);
  const encrypted = 'encrypted' in req.socket && req.socket.encrypted === true;
  const protocol = scheme === 'https' || (scheme === undefined && encrypted) ? 'https' : 'http';
  const requestId = plainText(said.get('x-request-id'));
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
function hostOf(req: IncomingMessage, raw: HeaderList): string {
  const [host, another] = raw.all('host');
  if (host === undefined && req.httpVersion === '1.0') return 'localhost';
  if (host === undefined || another !== undefined) throw notOneHost();
  return host;
}

function authority(host: string): string {
  if (!AUTHORITY.test(host)) throw notOneHost();
  return host.toLowerCase();
}

function notOneHost(): GatewayError {
  return new GatewayError('request.malformed', 'The Host header is not one host');
}

const AUTHORITY = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

const NONE: readonly string[] = [];

function listed(value: string | undefined): readonly string[] {
  if (value === undefined) return NONE;
  return value
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
}

function plainText(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.:/+=@-]{1,200}$/.test(text) ? text : undefined;
}

// A dual-stack socket names an IPv4 peer ::ffff:192.0.2.1.
function unmapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
