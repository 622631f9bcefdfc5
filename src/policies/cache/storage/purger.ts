import type { Exchange } from '../../../core/exchange.ts';
import type { Bus } from '../../../core/ports/bus.ts';
import type { CacheTier } from '../../../core/ports/cache-tier.ts';
import type { Purger } from '../../../core/ports/purger.ts';
import type { TagEpochs } from '../../../core/ports/tag-epochs.ts';
import { type Purge, tagTarget } from '../../../core/purge.ts';
import type { Reply } from '../../../core/reply.ts';
import { writtenElsewhere } from '../http/invalidation.ts';
import { FaultTolerantTier } from './fault-tolerant-store.ts';
import { ownAddress } from './key.ts';

/**
 * Purges by raising epochs, without a scan: every response in flight is older than the purge. In this process at once,
 * in others over the bus, in tiers permanently.
 */
export class TagPurger implements Purger {
  readonly #epochs: TagEpochs;
  readonly #bus: Bus | undefined;
  readonly #tiers: readonly CacheTier[];

  constructor(epochs: TagEpochs, bus: Bus | undefined, tiers: readonly CacheTier[]) {
    this.#epochs = epochs;
    this.#bus = bus;
    this.#tiers = tiers.map(tier => new FaultTolerantTier(tier));
    bus?.subscribe(({ purge }) => this.#hear(purge));
  }

  purge(purge: Purge): void {
    this.#hear(purge);
    this.#bus?.publish({ kind: 'purge', purge });
  }

  written(tags: readonly string[], x: Exchange, reply: Reply): void {
    this.purge({ kind: 'hard', targets: [...tags.map(tagTarget), ownAddress(x), ...writtenElsewhere(x, reply)] });
  }

  #hear(purge: Purge): void {
    this.#epochs.bump(purge);
    for (const tier of this.#tiers) tier.purge(purge);
  }
}
