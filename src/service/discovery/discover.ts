import type { Clock } from '../../core/ports/clock.ts';
import type { LookupNews, NameResolver } from '../../core/ports/name-resolver.ts';
import type { Target, Transport } from '../../core/ports/transport.ts';
import type { ListedPool } from '../balance/balancer-of.ts';
import type { TargetPool } from '../balance/target-pool.ts';
import { DiscoveryPoller } from './discovery-poller.ts';
import { sourceOf } from './source-of.ts';

export interface DiscoverOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly resolver: NameResolver;
  readonly transport: Transport;
  lookup(news: LookupNews): void;
}

/** Starts discovery for each pool; undefined for a pool with listed targets. */
export function discover(pools: readonly ListedPool[], options: DiscoverOptions): (DiscoveryPoller | undefined)[] {
  return pools.map(({ pool, targets }) => {
    const source = sourceOf(targets, options.resolver);
    if (source === undefined) return undefined;
    const { service, clock, transport } = options;
    let lost = false;
    const poller = new DiscoveryPoller(source, {
      clock,
      chance: Math.random,
      found: resolved => {
        const gone = pool.update(resolved);
        const used = pools.flatMap(each => targetsOf(each.pool));
        for (const target of gone) if (!used.some(each => isSamePlace(each, target))) transport.forget(target);
        if (lost) options.lookup({ service, state: 'back', why: undefined });
        lost = false;
      },
      failed: why => {
        // One line at the first failure, not one for each lookup.
        if (!lost) options.lookup({ service, state: 'lost', why });
        lost = true;
      },
    });
    poller.start();
    return poller;
  });
}

function targetsOf(pool: TargetPool): Target[] {
  return pool.targets().map(({ target }) => target);
}

function isSamePlace(a: Target, b: Target): boolean {
  return a.origin === b.origin && a.host === b.host;
}
