import { isIPv6 } from 'node:net';
import { dnsAddress } from '../../config/target-entries.ts';
import type { NameAddress, NameResolver } from '../../core/ports/name-resolver.ts';
import type { ListedTarget } from '../balance/target-state.ts';
import type { ResolvedTargets, TargetSource } from './source.ts';

// A TTL of 0 would cause a lookup for each call, and a long one would miss a deployment.
const SHORTEST_MS = 1_000;
const MAX_MS = 300_000;

/**
 * One target for each address of a name. Requests use the name in `Host` and in TLS, since the certificate is for it.
 */
export class AddressSource implements TargetSource {
  readonly #url: URL;
  readonly #resolver: NameResolver;

  constructor(written: string, resolver: NameResolver) {
    this.#url = dnsAddress(written);
    this.#resolver = resolver;
  }

  async find(signal: AbortSignal): Promise<ResolvedTargets> {
    const addresses = await this.#resolver.addresses(this.#url.hostname, signal);
    return { targets: addresses.map(found => this.#targetAt(found)), goodForMs: goodForMs(addresses) };
  }

  #targetAt({ address }: NameAddress): ListedTarget {
    const { protocol, host, port, pathname } = this.#url;
    const { origin } = new URL(`${protocol}//${isIPv6(address) ? `[${address}]` : address}${port && `:${port}`}`);
    return { target: { origin, base: pathname.replace(/\/+$/, ''), host }, weight: 1, max: Number.POSITIVE_INFINITY };
  }
}

function goodForMs(addresses: readonly NameAddress[]): number {
  const shortest = Math.min(...addresses.map(({ ttlSeconds }) => ttlSeconds * 1_000));
  return Math.min(Math.max(shortest, SHORTEST_MS), MAX_MS);
}
