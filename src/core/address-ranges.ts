import { BlockList, isIP } from 'node:net';

/** IP addresses and CIDR ranges. */
export class AddressRanges {
  readonly #list = new BlockList();

  /** @param ranges valid ones, such as `10.0.0.7`, `10.0.0.0/8` or `::1`. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', prefix] = range.split('/');
      const family = familyOf(address);
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
  }

  /** Whether the address is in one of the ranges; false for a text that is none. */
  has(address: string): boolean {
    const bare = unmapped(address);
    return isIP(bare) !== 0 && this.#list.check(bare, familyOf(bare));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** A dual-stack socket reports an IPv4 peer as ::ffff:192.0.2.1. */
export function unmapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
