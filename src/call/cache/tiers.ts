import { decodeEntry, encodeEntry } from './codec.ts';
import type { StoredReply, Variants } from './entry.ts';
import type { CacheParts } from './library.ts';

/** What lies behind the memory: read when memory misses, nearest first, and written behind each answer. */
export class Tiers {
  readonly #parts: CacheParts;
  readonly #loading = new Map<string, Promise<boolean>>();

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  stamps(): readonly number[] {
    return this.#parts.tiers.map(tier => tier.stamp());
  }

  /** Brings what the first tier has that knows the key into memory; undefined where there are no tiers. However many ask, each tier is asked once. */
  load(key: string): Promise<boolean> | undefined {
    if (this.#parts.tiers.length === 0) return undefined;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.read(key).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  set(key: string, entry: StoredReply | Variants, keepForMs: number, stamps: readonly number[]): void {
    if (this.#parts.tiers.length === 0) return;
    const bytes = encodeEntry(entry, this.moment());
    const tags = entry.kind === 'reply' ? entry.tags : [];
    for (const [i, tier] of this.#parts.tiers.entries())
      tier.set(key, { bytes, tags, stamp: stamps[i] ?? 0 }, keepForMs);
  }

  delete(key: string): void {
    for (const tier of this.#parts.tiers) tier.delete(key);
  }

  private async read(key: string): Promise<boolean> {
    for (const tier of this.#parts.tiers) {
      const epoch = this.#parts.epochs.now();
      const hit = await tier.get(key);
      const known =
        hit && decodeEntry(hit, { epoch, at: this.moment(), grown: bytes => this.#parts.store.grow(key, bytes) });
      if (known === undefined) continue;
      this.#parts.store.set(key, known.entry, known.keepForMs);
      return this.#parts.store.get(key) !== undefined;
    }
    return false;
  }

  private moment(): { readonly now: number; readonly wall: number } {
    const { clock } = this.#parts;
    return { now: clock.now(), wall: clock.wall() };
  }
}
