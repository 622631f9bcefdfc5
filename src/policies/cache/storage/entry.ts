import type { BytesBody } from '../../../core/body.ts';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import type { PurgeLabels } from '../../../core/purge.ts';
import type { Dependencies } from '../../../core/reply.ts';
import type { Freshness } from '../http/freshness.ts';
import type { NoCacheReason } from '../http/storable.ts';

/** What is known of a response once its head is there, compiled: a hit is a few comparisons. */
export interface Head extends Freshness {
  readonly status: number;
  /** As they are answered, without Age and Cache-Status, which are made at each use. */
  readonly headers: HeaderList;
  readonly labels: PurgeLabels;
  /** The epoch in which its request began: a purge since then makes it stale, even while it was on its way. */
  readonly epoch: number;
  /** The request headers that it depends on, by its own Vary. */
  readonly names: readonly string[];
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /**
   * Must be revalidated before each use, by each client for itself: it was never fresh, or says no-cache (RFC 9111
   * §5.2.2.4).
   */
  readonly mustRevalidate: boolean;
  /** Whether it may be used stale at all (RFC 9111 §4.2.4). */
  readonly mayBeStale: boolean;
  /** Whether requests with credentials may have it (RFC 9111 §3.5). */
  readonly forAuthorized: boolean;
  /** For whatever is made of it. */
  readonly dependencies: Dependencies;
  /** Served in place of a failure however old it is. */
  readonly keepForever: boolean;
}

/** Bytes of a representation that is not stored whole (RFC 9111 §3.3). */
export interface StoredPart {
  readonly from: number;
  /** How long the whole is; undefined where the backend did not know. */
  readonly total: number | undefined;
}

/** A stored response. */
export interface StoredReply extends Head {
  readonly kind: 'reply';
  readonly body: BytesBody;
  readonly part: StoredPart | undefined;
  readonly bytes: number;
  /** What the last look for purges found; written at each look. */
  readonly mark: { checked: number; soft: boolean };
}

/** The variants of an address: the request headers in their keys, and the keys of those that are stored. */
export interface Variants {
  readonly kind: 'variants';
  /** Backends may name other headers in other answers; the latest first. */
  readonly names: readonly (readonly string[])[];
  /** What the latest response itself named in its Vary. */
  readonly said: readonly string[];
  /** The oldest first. */
  readonly keys: readonly string[];
  readonly bytes: number;
}

/** An address whose responses are not shareable: requests do not wait for each other here (hit-for-miss). */
interface Unshared {
  readonly kind: 'unshared';
  readonly until: number;
  readonly why: NoCacheReason;
  readonly bytes: number;
}

export type CacheEntry = StoredReply | Variants | Unshared;

/** When the last use ends that a response may be put to. */
export function keptUntil({ freshUntil, swrUntil, sieUntil, brokenUntil }: Freshness): number {
  return Math.max(freshUntil, swrUntil, sieUntil, brokenUntil);
}
