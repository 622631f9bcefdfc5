import type { BytesBody } from '../../../core/body.ts';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import type { PurgeLabels } from '../../../core/purge.ts';
import type { Dependencies } from '../../../core/reply.ts';
import type { Freshness } from '../http/freshness.ts';
import type { NoCacheReason } from '../http/storable.ts';

/** The compiled properties of a response at its headers: a hit is a few comparisons. */
export interface Head extends Freshness {
  readonly status: number;
  /** As they are sent, without Age and Cache-Status, which are added at each use. */
  readonly headers: HeaderList;
  readonly labels: PurgeLabels;
  /** The epoch at the start of its request: a later purge makes it stale, even if it was in flight. */
  readonly epoch: number;
  /** The request headers in its own Vary. */
  readonly names: readonly string[];
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /**
   * Whether each client must revalidate it before each use: it was never fresh, or has no-cache (RFC 9111 §5.2.2.4).
   */
  readonly mustRevalidate: boolean;
  /** Whether stale use is allowed at all (RFC 9111 §4.2.4). */
  readonly mayBeStale: boolean;
  /** Whether it may serve requests with credentials (RFC 9111 §3.5). */
  readonly forAuthorized: boolean;
  /** For responses that are made of it. */
  readonly dependencies: Dependencies;
  /** Served in place of a failure at any age. */
  readonly keepForever: boolean;
}

/** Bytes of a representation that is not stored completely (RFC 9111 §3.3). */
export interface StoredPart {
  readonly from: number;
  /** The complete length; undefined if the backend did not know it. */
  readonly total: number | undefined;
}

/** A stored response. */
export interface StoredReply extends Head {
  readonly kind: 'reply';
  readonly body: BytesBody;
  readonly part: StoredPart | undefined;
  readonly bytes: number;
  /** The result of the latest check for purges, updated at each check. */
  readonly mark: { checked: number; soft: boolean };
}

/** The variants of an address: the request headers in their keys, and the keys of the stored ones. */
export interface Variants {
  readonly kind: 'variants';
  /** Backends may name other headers in other responses; the latest first. */
  readonly names: readonly (readonly string[])[];
  /** The names in the Vary of the latest response. */
  readonly said: readonly string[];
  /** Oldest first. */
  readonly keys: readonly string[];
  readonly bytes: number;
}

/** An address whose responses are not shareable, so that requests are not coalesced (hit-for-miss). */
interface Unshared {
  readonly kind: 'unshared';
  readonly until: number;
  readonly why: NoCacheReason;
  readonly bytes: number;
}

export type CacheEntry = StoredReply | Variants | Unshared;

/** The end of the last possible use of a response. */
export function keptUntil({ freshUntil, swrUntil, sieUntil, brokenUntil }: Freshness): number {
  return Math.max(freshUntil, swrUntil, sieUntil, brokenUntil);
}
