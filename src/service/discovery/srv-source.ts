import type { NameResolver, ServiceRecord } from '../../core/ports/name-resolver.ts';
import type { ListedTarget } from '../balance/target-state.ts';
import type { ResolvedTargets, TargetSource } from './source.ts';

// Node does not return the TTL of SRV records.
const GOOD_FOR_MS = 30_000;
// RFC 2782: a weight of 0 has a very small chance beside others, and an equal one among its like.
const NO_WEIGHT = 0.1;

/** The targets in a service's SRV records (RFC 2782): those of the lowest priority, by weight. */
export class SrvSource implements TargetSource {
  readonly #name: string;
  readonly #resolver: NameResolver;

  constructor(name: string, resolver: NameResolver) {
    this.#name = name;
    this.#resolver = resolver;
  }

  async find(signal: AbortSignal): Promise<ResolvedTargets> {
    const records = await this.#resolver.services(this.#name, signal);
    const offered = records.filter(({ name }) => name !== '' && name !== '.');
    const first = Math.min(...offered.map(({ priority }) => priority));
    const scheme = this.#name.startsWith('_https.') ? 'https' : 'http';
    const targets = offered.filter(({ priority }) => priority === first).map(record => targetOf(scheme, record));
    return { targets, goodForMs: GOOD_FOR_MS };
  }
}

function targetOf(scheme: string, { name, port, weight }: ServiceRecord): ListedTarget {
  const { origin } = new URL(`${scheme}://${name.replace(/\.$/, '')}:${port}`);
  return { target: { origin, base: '' }, weight: weight || NO_WEIGHT, max: Number.POSITIVE_INFINITY };
}
