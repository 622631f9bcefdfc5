import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import { type FetchOver, type HandedEntry, MAX_HANDED_BYTES } from '../../core/ports/sibling-fetches.ts';
import type { PurgeLabels, PurgeTarget } from '../../core/purge.ts';
import { isTransient } from '../../core/transient.ts';
import type { CacheParts } from './cache-parts.ts';
import { type CachePolicy, type FetchSnapshot, saidNames } from './cacheability.ts';
import { mayBeOffered, sharedRequest, unnegotiatedRequest } from './fetch/shared-request.ts';
import { VaryHabit } from './fetch/vary-habit.ts';
import { type BodyRange, combined, isWhole } from './http/combine-ranges.ts';
import { noVarySearchOf, SearchRules } from './http/no-vary-search.ts';
import { bothRules, type QueryRule, queryKey } from './http/query.ts';
import type { NoCacheReason } from './http/storable.ts';
import { variantKey } from './http/vary.ts';
import { decodeEntry, encodeEntry } from './storage/codec.ts';
import { EncodedVariants } from './storage/encoded-variants.ts';
import { type Head, keptUntil, type StoredPart, type StoredReply, type Variants } from './storage/entry.ts';
import { pathKey, primaryKey } from './storage/key.ts';
import { TieredStore } from './storage/tiered-store.ts';

export type CacheLookup =
  | { readonly kind: 'stored'; readonly entry: StoredReply; readonly key: string }
  | { readonly kind: 'unshared'; readonly key: string; readonly why: NoCacheReason }
  | { readonly kind: 'absent'; readonly why: 'uri-miss' | 'vary-miss'; readonly key: string };

/** How long requests are not coalesced for an address whose response was not shareable. */
const UNSHARED_MS = 120_000;

/** Maximum of variants for one address; the oldest is removed first. */
const MAX_VARIANTS = 64;
const MAX_NAMES = 4;
/** Maximum of entity tags of other variants in a request. */
const MAX_SIBLINGS = 8;

/** A response with a validator stays useful after it was fresh, since it can be revalidated. */
const VALIDATED_MS = 3_600_000;

/** How long a keepForever response is kept. */
const LASTING_MS = 365 * 86_400_000;

/** The stored responses of a call site: lookup and storing. */
export class RouteCache {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;
  readonly #tiers: TieredStore;
  readonly #searches = new SearchRules();
  readonly #habit: VaryHabit;

  constructor(policy: CachePolicy, parts: CacheParts) {
    this.#policy = policy;
    this.#parts = parts;
    this.#tiers = new TieredStore(parts);
    // A page that replaces a dead backend is shared, so a browser's preferences must not be in its key without need.
    this.#habit = new VaryHabit(policy.key.by === 'client' && !policy.key.keyedHeadersOnly && !policy.keepForever);
  }

  /** The start of a request, relative to purges. */
  snapshot(): FetchSnapshot {
    const { clock, epochs } = this.#parts;
    return { requestedAt: clock.now(), epoch: epochs.now(), purgePositions: this.#tiers.purgePositions() };
  }

  /** The shared request. @param stored the response that it revalidates, whose request it then repeats. */
  request(x: Exchange, stored?: StoredReply): Exchange {
    return sharedRequest(this.#policy.key, x, stored?.names ?? this.#offered(x));
  }

  /** The request of one client, if its response may be stored for others. */
  unnegotiated(x: Exchange): Exchange | undefined {
    return unnegotiatedRequest(this.#policy.key, x, this.#offered(x));
  }

  /** Remembers the request fields that responses depend on. */
  learn({ headers }: Head): void {
    this.#habit.learn(saidNames(headers, this.#policy.key).filter(mayBeOffered));
  }

  #offered(x: Exchange): readonly string[] {
    const first = this.#parts.store.get(this.#primary(x));
    return first?.kind === 'variants' ? [...this.#habit.offered, ...first.said] : this.#habit.offered;
  }

  find(x: Exchange): CacheLookup {
    const primary = this.#primary(x);
    const first = this.#parts.store.get(primary);
    if (first === undefined) return { kind: 'absent', why: 'uri-miss', key: primary };
    if (first.kind === 'reply') return this.#current(primary, first, 'uri-miss');
    if (first.kind === 'variants') return this.#findVariant(primary, first, x);
    if (first.until > this.#parts.clock.now()) return { kind: 'unshared', key: primary, why: first.why };
    return { kind: 'absent', why: 'uri-miss', key: primary };
  }

  /**
   * The other stored variants of the address: the request carries their entity tags, and the backend may respond with
   * 304 for one of them (RFC 9111 §4.3.1).
   */
  siblings(x: Exchange): StoredReply[] {
    const first = this.#parts.store.get(this.#primary(x));
    if (first?.kind !== 'variants') return [];
    const entries = first.keys.slice(-MAX_SIBLINGS).map(key => this.#parts.store.get(key));
    return entries
      .filter(entry => entry?.kind === 'reply')
      .filter(entry => entry.etag !== undefined && !this.isPurged(entry));
  }

  /** A stored part of the requested representation. */
  findPart(x: Exchange): StoredReply | undefined {
    const found = this.find(x);
    const part = this.#parts.store.get(`${found.key}${PART}`);
    return part?.kind === 'reply' && !this.isPurged(part) ? part : undefined;
  }

  /**
   * Reads the tiers for an entry that memory lacks or that others have updated. @returns whether memory now has an
   * entry for that key.
   */
  load(key: string): Promise<boolean> | undefined {
    return this.#tiers.load(key);
  }

  /** Whether a hard purge after its request began covers a response; marks a soft one. */
  isPurged(head: Head | StoredReply): boolean {
    const { epochs } = this.#parts;
    const now = epochs.now();
    const mark = 'mark' in head ? head.mark : undefined;
    if (now === (mark?.checked ?? head.epoch)) return false;
    if (epochs.newest(head.labels, 'hard') > head.epoch) return true;
    if (mark !== undefined) {
      mark.soft ||= epochs.newest(head.labels, 'soft') > head.epoch;
      mark.checked = now;
    }
    return false;
  }

  /**
   * Stores a response, unless a purge came after its request. @param part set if `content` is a part of the
   * representation.
   */
  keep(x: Exchange, head: Head, content: Buffer, snapshot: FetchSnapshot, part?: StoredPart): void {
    if (this.isPurged(head)) return;
    const primary = this.#primaryAfter(x, head);
    const own = head.names.length === 0 ? primary : variantOf(primary, head.names, x.headers);
    if (part !== undefined) {
      this.#keepPart(x, head, { ...part, bytes: content }, snapshot, `${own}${PART}`);
      return;
    }
    const key = own;
    const entry = this.#compiled(key, head, owned(content), part);
    const keepForMs = this.#keepMs(entry);
    if (head.names.length === 0) this.#forgetVariants(primary);
    this.#put(key, entry, keepForMs, snapshot);
    this.#parts.store.delete(`${own}${PART}`);
    this.announce(x, head, snapshot);
  }

  /** What another process can expect of a fetch that has ended. */
  stateFor(x: Exchange): FetchOver {
    const found = this.find(x);
    if (found.kind === 'unshared') return 'unshared';
    return found.kind === 'stored' && this.#isHanded(found.entry) ? 'stored' : 'nothing';
  }

  /** The fresh response to a request for another process, after the list by which it is found; empty for none. */
  handedOver(x: Exchange): readonly HandedEntry[] {
    const found = this.find(x);
    if (found.kind !== 'stored' || !this.#isHanded(found.entry)) return [];
    const { clock, store } = this.#parts;
    const at = { now: clock.now(), wall: clock.wall() };
    return [...new Set([this.#primary(x), found.key])].flatMap(key => {
      const entry = store.get(key);
      return entry === undefined || entry.kind === 'unshared' ? [] : [{ key, bytes: encodeEntry(entry, at) }];
    });
  }

  /**
   * Stores what another process has handed over.
   * @param epoch of the moment from which purges cover it.
   * @returns the response to this request; undefined if it is not among them, or was purged.
   */
  takeOver(x: Exchange, entries: readonly HandedEntry[], epoch: number): StoredReply | undefined {
    const { clock, store } = this.#parts;
    const at = { now: clock.now(), wall: clock.wall() };
    for (const { key, bytes } of entries) {
      const grown = (more: number): void => store.grow(key, more);
      const handed = decodeEntry({ bytes, soft: false }, { epoch, at, grown });
      if (handed === undefined) continue;
      store.set(key, handed.entry, handed.keepForMs);
      if (handed.entry.kind !== 'reply') continue;
      this.learn(handed.entry);
      this.#primaryAfter(x, handed.entry);
    }
    const found = this.find(x);
    return found.kind === 'stored' && found.entry.freshUntil > at.now ? found.entry : undefined;
  }

  /** A response that must be revalidated before each use, or is stale already, saves another process no call. */
  #isHanded({ mustRevalidate, freshUntil, mark, bytes }: StoredReply): boolean {
    return !mustRevalidate && !mark.soft && freshUntil > this.#parts.clock.now() && bytes <= MAX_HANDED_BYTES;
  }

  /**
   * Ranges serve the next client that seeks in the same video, so they stay in memory. Adjacent ranges are combined.
   */
  #keepPart(x: Exchange, head: Head, piece: BodyRange, snapshot: FetchSnapshot, key: string): void {
    const known = this.#parts.store.get(key);
    const isUsable = known?.kind === 'reply' && !this.isPurged(known);
    const joined = (isUsable ? combined(known, piece, head.etag) : undefined) ?? piece;
    if (joined.bytes.length > this.#policy.objectLimit) return;
    if (isWhole(joined)) {
      this.keep(x, { ...head, headers: head.headers.without(OF_A_PIECE) }, joined.bytes, snapshot);
      return;
    }
    const { from, total, bytes } = joined;
    const entry = this.#compiled(key, head, owned(bytes), { from, total });
    this.#parts.store.set(key, entry, this.#keepMs(entry));
  }

  /** The key of a stored response whose Vary is known. */
  keyOf(x: Exchange, head: Head): string {
    const primary = this.#primaryAfter(x, head);
    return head.names.length === 0 ? primary : variantOf(primary, head.names, x.headers);
  }

  /** Stores the request headers in the variant keys of an address, before the first variant is stored. */
  announce(x: Exchange, head: Head, snapshot: FetchSnapshot): void {
    if (head.names.length === 0) return;
    const primary = this.#primaryAfter(x, head);
    const known = this.#parts.store.get(primary);
    const before = known?.kind === 'variants' ? known : NO_VARIANTS;
    const said = saidNames(head.headers, this.#policy.key);
    const variants = { ...withVariant(before, head.names, variantOf(primary, head.names, x.headers)), said };
    const kept = new Set(variants.keys);
    for (const key of before.keys) if (!kept.has(key)) this.#parts.store.delete(key);
    this.#put(primary, variants, this.#keepMs(head), snapshot);
  }

  /** A head with the keys under which its response is stored, so that combined responses inherit them. */
  labelled(x: Exchange, head: Head): Head {
    const primary = this.#primaryAfter(x, head);
    const keys = head.names.length === 0 ? [primary] : [primary, variantOf(primary, head.names, x.headers)];
    const labels = { ...head.labels, keys: [...keys, ...head.labels.keys] };
    return { ...head, labels, dependencies: { ...head.dependencies, labels } };
  }

  /**
   * A new response that is not stored replaces the stored one, which is removed here and in every other process (RFC
   * 9111 §4.3.3). A response without Vary matches every request, so it removes all variants.
   * @param names the request headers that the new response depends on.
   */
  withdraw(x: Exchange, names: readonly string[]): void {
    const primary = this.#primary(x);
    const chosen = this.#chosen(primary, x);
    if (chosen.length === 0) return;
    const known = this.#parts.store.get(primary);
    const isForAll = names.length === 0 || known?.kind === 'reply';
    const ended = isForAll && known?.kind === 'variants' ? [primary, ...known.keys] : chosen;
    for (const key of ended) this.#drop(key);
    // Other processes find their variants by the primary key.
    const targets = (isForAll ? [primary] : chosen).map((key): PurgeTarget => ({ kind: 'key', key }));
    this.#parts.purger.purge({ kind: 'hard', targets });
  }

  /**
   * The same if the new response is about to be stored: it replaces the old one here, but in other processes the old
   * one would return as stale-if-error. A response with the same status is a newer one, so nothing was withdrawn.
   */
  superseding(x: Exchange, head: Head): Head {
    if (isTransient(head.status) || this.isPurged(head)) return head;
    const stored = this.#chosen(this.#primary(x), x).map(key => this.#parts.store.get(key));
    if (!stored.some(entry => entry?.kind === 'reply' && entry.status !== head.status)) return head;
    this.withdraw(x, head.names);
    // No other purge came since the start of the request.
    return { ...head, epoch: this.#parts.epochs.now() };
  }

  /** The keys of stored entries that match a request. */
  #chosen(primary: string, x: Exchange): readonly string[] {
    const known = this.#parts.store.get(primary);
    if (known?.kind === 'reply') return [primary];
    if (known?.kind !== 'variants') return [];
    const keys = known.names.map(names => variantOf(primary, names, x.headers));
    return keys.filter(key => this.#parts.store.get(key) !== undefined);
  }

  #drop(key: string): void {
    this.#parts.store.delete(key);
    this.#parts.store.delete(`${key}${PART}`);
    this.#tiers.delete(key);
  }

  /** Records that responses for this address are not shareable, and why. */
  markUnshared(x: Exchange, why: NoCacheReason): void {
    const key = this.#primary(x);
    const now = this.#parts.clock.now();
    const known = this.#parts.store.get(key);
    // A useful entry is kept: one response with a cookie says nothing about the stored one.
    if (known?.kind === 'variants' || (known?.kind === 'reply' && known.brokenUntil > now)) return;
    this.#parts.store.set(key, { kind: 'unshared', until: now + UNSHARED_MS, why, bytes: 0 }, UNSHARED_MS);
  }

  /** For people: the query parameters in the key, and the request headers of the last variant key. */
  counts(x: Exchange): { readonly search: string; readonly names: readonly string[] } {
    const { key } = this.#policy;
    const first = this.#parts.store.get(this.#primary(x));
    const search = key.by === 'call' && x.call !== undefined ? x.call.search : x.search;
    return {
      search: queryKey(search, this.#queryRule(pathKey(key, x))),
      names: first?.kind === 'variants' ? (first.names[0] ?? []) : [],
    };
  }

  #primary(x: Exchange): string {
    const { key } = this.#policy;
    const path = pathKey(key, x);
    return primaryKey(key, x, path, this.#queryRule(path));
  }

  #queryRule(path: string): QueryRule | undefined {
    return bothRules(this.#policy.key.query, this.#searches.of(path));
  }

  /** The same with the No-Vary-Search of the response. */
  #primaryAfter(x: Exchange, { headers }: Head): string {
    this.#searches.learn(pathKey(this.#policy.key, x), noVarySearchOf(headers));
    return this.#primary(x);
  }

  #findVariant(primary: string, { names }: Variants, x: Exchange): CacheLookup {
    let latest: { readonly key: string; readonly entry: StoredReply } | undefined;
    for (const each of names) {
      const key = variantOf(primary, each, x.headers);
      const entry = this.#parts.store.get(key);
      // RFC 9111 §4.1: the most recent of several matching responses.
      if (entry?.kind === 'reply' && (latest === undefined || entry.bornAt > latest.entry.bornAt))
        latest = { key, entry };
    }
    if (latest !== undefined) return this.#current(latest.key, latest.entry, 'vary-miss');
    return { kind: 'absent', why: 'vary-miss', key: variantOf(primary, names[0] ?? [], x.headers) };
  }

  #current(key: string, entry: StoredReply, why: 'uri-miss' | 'vary-miss'): CacheLookup {
    if (!this.isPurged(entry)) return { kind: 'stored', entry, key };
    this.#parts.store.delete(key);
    return { kind: 'absent', why, key };
  }

  #compiled(key: string, head: Head, content: Buffer, part: StoredPart | undefined): StoredReply {
    const copies = new EncodedVariants(content, bytes => this.#parts.store.grow(key, bytes));
    return {
      ...head,
      kind: 'reply',
      headers: withLength(head, content.length),
      body: { kind: 'bytes', bytes: content, copies },
      part,
      bytes: content.length + textLength(head.headers.flat) + labelsLength(head.labels, key),
      mark: { checked: head.epoch, soft: false },
    };
  }

  #keepMs(head: Head): number {
    const now = this.#parts.clock.now();
    if (head.keepForever) return LASTING_MS;
    const validated = head.etag === undefined && head.lastModified === undefined ? 0 : VALIDATED_MS;
    return Math.max(keptUntil(head), head.freshUntil + validated, head.bornAt + validated) - now;
  }

  #put(key: string, entry: StoredReply | Variants, keepForMs: number, { purgePositions }: FetchSnapshot): void {
    this.#parts.store.set(key, entry, keepForMs);
    this.#tiers.set(key, entry, keepForMs, purgePositions);
  }

  /** A response without Vary matches every request and is newer than the stored variants. */
  #forgetVariants(primary: string): void {
    const known = this.#parts.store.get(primary);
    if (known?.kind === 'variants') for (const key of known.keys) this.#parts.store.delete(key);
  }
}

const PART = '\npart';
const OF_A_PIECE: ReadonlySet<string> = new Set(['content-range', 'content-length']);
const NO_VARIANTS: Variants = { kind: 'variants', names: [], said: [], keys: [], bytes: 0 };

function variantOf(primary: string, names: readonly string[], headers: HeaderList): string {
  return `${primary}\n${variantKey(names, headers)}`;
}

function withVariant(before: Variants, names: readonly string[], key: string): Omit<Variants, 'said'> {
  const line = names.join();
  const all = [names, ...before.names.filter(each => each.join() !== line)].slice(0, MAX_NAMES);
  const keys = [...before.keys.filter(each => each !== key), key].slice(-MAX_VARIANTS);
  return { kind: 'variants', names: all, keys, bytes: textLength(keys) + textLength(names) };
}

const LENGTHLESS: ReadonlySet<number> = new Set([204, 304]);

function withLength({ status, headers }: Head, length: number): HeaderList {
  if (headers.has('content-length') || LENGTHLESS.has(status)) return headers;
  return new HeaderList([...headers.flat, 'Content-Length', String(length)]);
}

// A small slice of a read buffer, or of Node's pool, would keep all of it alive but count as small.
function owned(content: Buffer): Buffer {
  if (content.buffer.byteLength === content.length) return content;
  const own = Buffer.allocUnsafeSlow(content.length);
  content.copy(own);
  return own;
}

/** @param own the key, which the store counts itself. */
function labelsLength({ tags, addresses, keys }: PurgeLabels, own: string): number {
  const others = keys.filter(key => !own.startsWith(key));
  const places = addresses.map(({ host, path, search }) => host.length + path.length + search.length);
  return textLength(tags) + textLength(others) + places.reduce((sum, length) => sum + length, 0);
}

function textLength(texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
