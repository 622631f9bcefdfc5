import type { CacheTier } from '../../../core/ports/cache-tier.ts';
import { NO_LABELS } from '../../../core/purge.ts';
import type { CacheParts } from '../cache-parts.ts';
import { type Decoded, decodeEntry, encodeEntry } from './codec.ts';
import type { StoredReply, Variants } from './entry.ts';

/** The tiers behind the memory: read when memory misses, nearest first, and written after each response. */
export class TieredStore {
  readonly #parts: CacheParts;
  readonly #loading = new Map<string, Promise<boolean>>();

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  purgePositions(): readonly number[] {
    return this.#parts.tiers.map(tier => tier.purgePosition());
  }

  /**
   * Loads the key into memory from the first tier that has it; undefined without tiers. Each tier is read once for all
   * waiting requests.
   */
  load(key: string): Promise<boolean> | undefined {
    if (this.#parts.tiers.length === 0) return undefined;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#read(key).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  set(key: string, entry: StoredReply | Variants, keepForMs: number, purgePositions: readonly number[]): void {
    if (this.#parts.tiers.length === 0) return;
    const bytes = encodeEntry(entry, this.#moment());
    const labels = entry.kind === 'reply' ? entry.labels : NO_LABELS;
    for (const [i, tier] of this.#parts.tiers.entries())
      tier.set(key, { bytes, labels, purgePosition: purgePositions[i] ?? 0 }, keepForMs);
  }

  delete(key: string): void {
    for (const tier of this.#parts.tiers) tier.delete(key);
  }

  async #read(key: string): Promise<boolean> {
    let best: Decoded | undefined;
    for (const tier of this.#parts.tiers) {
      const known = await this.#readFrom(tier, key);
      // A nearer tier may have a response that a farther one has renewed since.
      if (known !== undefined && (best === undefined || bornAt(known) > bornAt(best))) best = known;
      if (best !== undefined && isCurrent(best, this.#parts.clock.now())) break;
    }
    if (best === undefined) return false;
    // An entry stored during the read is newer than the one in the tier.
    const known = this.#parts.store.get(key);
    if (known?.kind !== 'reply' || known.bornAt < bornAt(best)) this.#parts.store.set(key, best.entry, best.keepForMs);
    return this.#parts.store.get(key) !== undefined;
  }

  async #readFrom(tier: CacheTier, key: string): Promise<Decoded | undefined> {
    const epoch = this.#parts.epochs.now();
    const hit = await tier.get(key);
    const grown = (bytes: number): void => this.#parts.store.grow(key, bytes);
    return hit && decodeEntry(hit, { epoch, at: this.#moment(), grown });
  }

  #moment(): { readonly now: number; readonly wall: number } {
    const { clock } = this.#parts;
    return { now: clock.now(), wall: clock.wall() };
  }
}

function bornAt({ entry }: Decoded): number {
  return entry.kind === 'reply' ? entry.bornAt : 0;
}

function isCurrent({ entry }: Decoded, now: number): boolean {
  return entry.kind !== 'reply' || (!entry.mark.soft && entry.freshUntil > now);
}
