import { AddressRanges } from '../core/address-ranges.ts';

/** The name of a peer over a Unix socket. */
export const UNIX_PEER = 'unix';

/** The proxies in front of the gateway whose fields are trusted. */
export class TrustedProxies {
  readonly #ranges: AddressRanges;
  readonly #any: boolean;
  readonly #unix: boolean;

  /** @param ranges addresses, CIDR ranges, and `unix` for Unix sockets. */
  constructor(ranges: readonly string[]) {
    this.#any = ranges.length > 0;
    this.#unix = ranges.includes(UNIX_PEER);
    this.#ranges = new AddressRanges(ranges.filter(range => range !== UNIX_PEER));
  }

  has(address: string): boolean {
    if (!this.#any) return false;
    return address === UNIX_PEER ? this.#unix : this.#ranges.has(address);
  }
}
