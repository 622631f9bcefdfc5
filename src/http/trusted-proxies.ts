import { BlockList, isIP } from 'node:net';

/** The name of a peer over a Unix socket. */
export const UNIX_PEER = 'unix';

/** The proxies in front of the gateway whose fields are trusted. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  readonly #unix: boolean;

  /** @param ranges addresses, CIDR ranges, and `unix` for Unix sockets. */
  constructor(ranges: readonly string[]) {
    this.#any = ranges.length > 0;
    this.#unix = ranges.includes(UNIX_PEER);
    for (const range of ranges) {
      if (range === UNIX_PEER) continue;
      const [address = '', prefix] = range.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string): boolean {
    if (!this.#any) return false;
    if (address === UNIX_PEER) return this.#unix;
    const bare = unmapped(address);
    const family = isIP(bare);
    return family !== 0 && this.#list.check(bare, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** A dual-stack socket reports an IPv4 peer as ::ffff:192.0.2.1. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
