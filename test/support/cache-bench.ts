import type { Exchange } from '../../src/core/exchange.ts';
import type { CacheExplanation } from '../../src/core/explanation.ts';
import type { Handler } from '../../src/core/handler.ts';
import type { Bus } from '../../src/core/ports/bus.ts';
import type { CacheStore } from '../../src/core/ports/cache-store.ts';
import type { CacheTier } from '../../src/core/ports/cache-tier.ts';
import type { DistributedCacheLock } from '../../src/core/ports/distributed-lock.ts';
import type { CacheResult } from '../../src/core/ports/meter.ts';
import type { SiblingFetches } from '../../src/core/ports/sibling-fetches.ts';
import type { Reply } from '../../src/core/reply.ts';
import type { CachePolicy } from '../../src/policies/cache/cacheability.ts';
import { RevalidationBudget } from '../../src/policies/cache/fetch/background-revalidation.ts';
import { InFlightBodyBudget } from '../../src/policies/cache/fetch/in-flight-body-budget.ts';
import { cache } from '../../src/policies/cache/stage.ts';
import type { CacheEntry } from '../../src/policies/cache/storage/entry.ts';
import { MemoryStore } from '../../src/policies/cache/storage/memory-store.ts';
import { TagPurger } from '../../src/policies/cache/storage/purger.ts';
import { LocalTagEpochs } from '../../src/policies/cache/storage/tag-epochs.ts';
import { FakeClock } from './clock.ts';
import { exchange, textReply } from './exchange.ts';

const POLICY: CachePolicy = {
  service: 'route',
  key: {
    site: 'route',
    by: 'client',
    keyedHeadersOnly: false,
    unconditional: true,
    perUser: false,
    vary: [],
    query: undefined,
    sendsAll: false,
    byOrigin: true,
  },
  profile: 'default',
  ttlMs: 30_000,
  ttlOverrides: false,
  ttlMsByStatus: undefined,
  swrMs: undefined,
  staleIfErrorMs: undefined,
  tags: ['products'],
  objectLimit: 1_000,
  setCookie: false,
  browserSeconds: undefined,
  keepForever: false,
  callMs: () => undefined,
};

/** A cache stage on its own; the test controls its clock, its store and its backend. */
export interface CacheBench {
  readonly clock: FakeClock;
  readonly epochs: LocalTagEpochs;
  readonly store: CacheStore<CacheEntry>;
  /** The requests that reached the backend. */
  readonly asked: Exchange[];
  readonly counted: CacheResult[];
  response: Handler;
  ask(x?: Exchange): Reply | Promise<Reply>;
  explain(x?: Exchange): CacheExplanation;
}

export interface BenchOptions {
  readonly policy?: Partial<Omit<CachePolicy, 'key'>>;
  readonly key?: Partial<CachePolicy['key']>;
  readonly tiers?: readonly CacheTier[];
  readonly inFlightFetches?: DistributedCacheLock;
  readonly siblings?: SiblingFetches;
  readonly store?: CacheStore<CacheEntry>;
  /** The bus to other processes. */
  readonly bus?: Bus;
  readonly refreshes?: RevalidationBudget;
  readonly transit?: InFlightBodyBudget;
}

export function cacheBench(options: BenchOptions = {}): CacheBench {
  const clock = new FakeClock();
  const epochs = new LocalTagEpochs();
  const store = options.store ?? new MemoryStore<CacheEntry>(1_000_000, 100_000, clock);
  const asked: Exchange[] = [];
  const counted: CacheResult[] = [];
  const made: CacheBench = {
    clock,
    epochs,
    store,
    asked,
    counted,
    response: () => textReply('fresh'),
    ask: (x = exchange()) => handler(x),
    explain: (x = exchange()) => caching.explain(x),
  };
  const sendsAll = options.policy?.profile === 'rfc9111';
  const policy = { ...POLICY, ...options.policy, key: { ...POLICY.key, sendsAll, ...options.key } };
  const {
    tiers = [],
    inFlightFetches: flights,
    siblings,
    refreshes = new RevalidationBudget(64, () => 0),
    transit = new InFlightBodyBudget(1_000_000),
  } = options;
  const purger = new TagPurger(epochs, options.bus, tiers);
  const caching = cache(
    policy,
    { store, epochs, clock, tiers, lock: flights, siblings, revalidations: refreshes, bodyBudget: transit, purger },
    result => counted.push(result),
  );
  const handler = caching.stage(x => {
    asked.push(x);
    return made.response(x);
  });
  return made;
}

export function cacheStatusOf(reply: Reply): string {
  return reply.headers.get('cache-status') ?? '';
}
