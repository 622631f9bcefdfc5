import type { Exchange } from '../../core/exchange.ts';
import type { CacheStore } from '../../core/ports/cache-store.ts';
import type { CacheTier } from '../../core/ports/cache-tier.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SharedFlights } from '../../core/ports/shared-flights.ts';
import type { TagEpochs } from '../../core/ports/tag-epochs.ts';
import type { Reply } from '../../core/reply.ts';
import type { AnyContext } from '../../define/loaded.ts';
import { contextOf } from '../../define/request-context.ts';
import { parseCacheControl } from './cache-control.ts';
import type { CacheEntry, StoredReply } from './entry.ts';
import { type Freshness, freshnessOf, type Lifetimes } from './freshness.ts';
import { addressTag, type KeyRule, primaryKey, variantKey, variantNames } from './key.ts';
import { isStorable, saysFreshness } from './storable.ts';

export interface CachePolicy extends Lifetimes {
  readonly key: KeyRule;
  readonly tags: readonly string[] | ((c: AnyContext) => readonly string[]) | undefined;
  /** The longest body that is collected to be stored and shared, in bytes. */
  readonly objectLimit: number;
}

export interface CacheParts {
  readonly store: CacheStore<CacheEntry>;
  /** Behind the memory, nearest first. */
  readonly tiers: readonly CacheTier[];
  /** Between machines, where it is wanted. */
  readonly flights?: SharedFlights | undefined;
  readonly epochs: TagEpochs;
  readonly clock: Clock;
}

export type Lookup =
  | { readonly kind: 'stored'; readonly entry: StoredReply; readonly key: string }
  | { readonly kind: 'unshared' }
  | { readonly kind: 'absent'; readonly why: 'uri-miss' | 'vary-miss'; readonly key: string };

/** How long nobody waits for anybody at an address whose answer was not for sharing. */
const UNSHARED_MS = 120_000;

/** What one call site has stored: finding it, judging it, keeping it. */
export class Library {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;

  constructor(policy: CachePolicy, parts: CacheParts) {
    this.#policy = policy;
    this.#parts = parts;
  }

  find(x: Exchange): Lookup {
    const primary = primaryKey(this.#policy.key, x);
    const first = this.#parts.store.get(primary);
    if (first === undefined) return { kind: 'absent', why: 'uri-miss', key: primary };
    if (first.kind === 'reply') return this.current(primary, first, 'uri-miss');
    if (first.kind === 'unshared') {
      if (first.until > this.#parts.clock.now()) return { kind: 'unshared' };
      return { kind: 'absent', why: 'uri-miss', key: primary };
    }
    const key = `${primary}\n${variantKey(first.names, x.headers)}`;
    const variant = this.#parts.store.get(key);
    if (variant?.kind !== 'reply') return { kind: 'absent', why: 'vary-miss', key };
    return this.current(key, variant, 'vary-miss');
  }

  /** Whether a purge since its request began has made an answer stale. */
  isPurged(entry: Pick<StoredReply, 'epoch' | 'tags'>): boolean {
    const { epochs } = this.#parts;
    return epochs.now() !== entry.epoch && epochs.newest(entry.tags, 'hard') > entry.epoch;
  }

  /** What an answer would be stored as; undefined where its own headers do not allow it to be shared. */
  judge(x: Exchange, reply: Reply, epoch: number): Omit<StoredReply, 'content' | 'bytes'> | undefined {
    const control = parseCacheControl(reply.headers);
    if (!isStorable(reply, control, saysFreshness(reply, control)) || this.isTooLong(reply)) return undefined;
    const freshness = freshnessOf(reply.headers, control, this.#policy, this.#parts.clock.now());
    if (freshness === undefined || !isOfUse(freshness, this.#parts.clock.now())) return undefined;
    return {
      kind: 'reply',
      ...freshness,
      status: reply.status,
      headers: reply.headers.without(MADE_AT_USE),
      tags: [...this.tagsOf(x), addressTag(x)],
      epoch,
    };
  }

  keep(x: Exchange, entry: StoredReply): void {
    if (this.isPurged(entry)) return;
    const keepForMs = Math.max(entry.brokenUntil, entry.swrUntil) - this.#parts.clock.now();
    const primary = primaryKey(this.#policy.key, x);
    const names = variantNames(entry.headers);
    if (names.length === 0) {
      this.#parts.store.set(primary, entry, keepForMs);
      return;
    }
    this.#parts.store.set(primary, { kind: 'variants', names, bytes: names.join().length }, keepForMs);
    this.#parts.store.set(`${primary}\n${variantKey(names, x.headers)}`, entry, keepForMs);
  }

  /** Whether an answer to one request is an answer to another, by the answer's own Vary (RFC 9111 §4.1). */
  isFor(entry: StoredReply, asked: Exchange, other: Exchange): boolean {
    const names = variantNames(entry.headers);
    return names.length === 0 || variantKey(names, asked.headers) === variantKey(names, other.headers);
  }

  markUnshared(x: Exchange): void {
    const key = primaryKey(this.#policy.key, x);
    const now = this.#parts.clock.now();
    const known = this.#parts.store.get(key);
    // What is still of use stays: one answer with a cookie in it says nothing about the one that is stored.
    if (known?.kind === 'variants' || (known?.kind === 'reply' && known.brokenUntil > now)) return;
    this.#parts.store.set(key, { kind: 'unshared', until: now + UNSHARED_MS, bytes: 0 }, UNSHARED_MS);
  }

  private current(key: string, entry: StoredReply, why: 'uri-miss' | 'vary-miss'): Lookup {
    if (!this.isPurged(entry)) return { kind: 'stored', entry, key };
    this.#parts.store.delete(key);
    return { kind: 'absent', why, key };
  }

  private isTooLong(reply: Reply): boolean {
    const length = reply.body.kind === 'stream' ? reply.body.length : undefined;
    return length !== undefined && length > this.#policy.objectLimit;
  }

  private tagsOf(x: Exchange): readonly string[] {
    const { tags } = this.#policy;
    return typeof tags === 'function' ? tags(contextOf(x)) : (tags ?? []);
  }
}

const MADE_AT_USE: ReadonlySet<string> = new Set(['age', 'cache-status', 'set-cookie', 'set-cookie2']);

/** An answer that is stale on arrival and may not be used stale would only fill the store. */
function isOfUse({ freshUntil, swrUntil, sieUntil }: Freshness, now: number): boolean {
  return Math.max(freshUntil, swrUntil, sieUntil) > now;
}
