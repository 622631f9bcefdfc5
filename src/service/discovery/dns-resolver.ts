import { promises } from 'node:dns';
import type { NameAddress, NameResolver, ServiceRecord } from '../../core/ports/name-resolver.ts';

/**
 * Queries the system's DNS servers. Each request has its own resolver, because the system's servers may change and a
 * request is cancelled alone.
 */
export class DnsResolver implements NameResolver {
  readonly #servers: readonly string[] | undefined;

  /** @param servers instead of the system's, with ports. */
  constructor(servers?: readonly string[]) {
    this.#servers = servers;
  }

  async addresses(name: string, signal: AbortSignal): Promise<readonly NameAddress[]> {
    const resolver = this.#resolver(signal);
    // A failure for one address family fails the lookup, because otherwise the targets of that family would be removed.
    const [four, six] = await Promise.all([
      orNothing(resolver.resolve4(name, { ttl: true })),
      orNothing(resolver.resolve6(name, { ttl: true })),
    ]);
    return [...four, ...six].map(({ address, ttl }) => ({ address, ttlSeconds: ttl }));
  }

  services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]> {
    return orNothing(this.#resolver(signal).resolveSrv(name));
  }

  #resolver(signal: AbortSignal): promises.Resolver {
    const resolver = new promises.Resolver();
    if (this.#servers !== undefined) resolver.setServers(this.#servers);
    signal.addEventListener('abort', () => resolver.cancel(), { once: true });
    return resolver;
  }
}

const NOTHING: ReadonlySet<unknown> = new Set(['ENODATA', 'ENOTFOUND']);

async function orNothing<T>(request: Promise<T[]>): Promise<T[]> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOTHING.has(error.code)) return [];
    throw error;
  }
}
