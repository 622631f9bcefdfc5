import { isIPv6 } from 'node:net';
import type { NameAddress, NameResolver } from '../../core/ports/name-resolver.ts';
import { dnsAddress } from '../../define/target-entries.ts';
import type { Listed } from '../balance/machine.ts';
import type { Sighting, Source } from './source.ts';

// A TTL of 0 would ask for each call, one of a day would not see a deployment.
const SHORTEST_MS = 1_000;
const LONGEST_MS = 300_000;

/** One machine for each address of a name. They are asked for by the name: in `Host`, and in TLS, whose certificate is for it. */
export class AddressSource implements Source {
  readonly #url: URL;
  readonly #resolver: NameResolver;

  constructor(written: string, resolver: NameResolver) {
    this.#url = dnsAddress(written);
    this.#resolver = resolver;
  }

  async find(signal: AbortSignal): Promise<Sighting> {
    const addresses = await this.#resolver.addresses(this.#url.hostname, signal);
    return { machines: addresses.map(found => this.#machineAt(found)), goodForMs: goodForMs(addresses) };
  }

  #machineAt({ address }: NameAddress): Listed {
    const { protocol, host, port, pathname } = this.#url;
    const { origin } = new URL(`${protocol}//${isIPv6(address) ? `[${address}]` : address}${port && `:${port}`}`);
    return { target: { origin, base: pathname.replace(/\/+$/, ''), host }, weight: 1, max: Number.POSITIVE_INFINITY };
  }
}

function goodForMs(addresses: readonly NameAddress[]): number {
  const shortest = Math.min(...addresses.map(({ ttlSeconds }) => ttlSeconds * 1_000));
  return Math.min(Math.max(shortest, SHORTEST_MS), LONGEST_MS);
}
