import type { CacheStore } from '../../core/ports/cache-store.ts';
import type { CacheTier } from '../../core/ports/cache-tier.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { DistributedCacheLock } from '../../core/ports/distributed-lock.ts';
import type { Purger } from '../../core/ports/purger.ts';
import type { SiblingFetches } from '../../core/ports/sibling-fetches.ts';
import type { TagEpochs } from '../../core/ports/tag-epochs.ts';
import type { RevalidationBudget } from './fetch/background-revalidation.ts';
import type { InFlightBodyBudget } from './fetch/in-flight-body-budget.ts';
import type { CacheEntry } from './storage/entry.ts';

/** Shared by the caches of all call sites. */
export interface CacheParts {
  readonly store: CacheStore<CacheEntry>;
  /** Behind the memory, nearest first. */
  readonly tiers: readonly CacheTier[];
  /** Between hosts, if it is configured. */
  readonly lock?: DistributedCacheLock | undefined;
  /** Between the processes of this host, if there are several. */
  readonly siblings?: SiblingFetches | undefined;
  readonly epochs: TagEpochs;
  readonly clock: Clock;
  readonly revalidations: RevalidationBudget;
  readonly bodyBudget: InFlightBodyBudget;
  /** Sends purges to every process. */
  readonly purger: Pick<Purger, 'purge'>;
}
