import type { HeaderList } from '../../core/headers/header-list.ts';
import type { Freshness } from './freshness.ts';

/** A stored answer, compiled: a hit is a few comparisons. */
export interface StoredReply extends Freshness {
  readonly kind: 'reply';
  readonly status: number;
  /** Without Age and Cache-Status, which are made at each use. */
  readonly headers: HeaderList;
  readonly content: Buffer;
  readonly tags: readonly string[];
  /** The epoch in which its request began: a purge since then makes it stale, even while it was on its way. */
  readonly epoch: number;
  readonly bytes: number;
}

/** Where an address has variants: the request headers that tell them apart. */
interface Variants {
  readonly kind: 'variants';
  readonly names: readonly string[];
  readonly bytes: number;
}

/** An address whose answers may not be shared: nobody waits for anybody here (hit-for-miss). */
interface Unshared {
  readonly kind: 'unshared';
  readonly until: number;
  readonly bytes: number;
}

export type CacheEntry = StoredReply | Variants | Unshared;
