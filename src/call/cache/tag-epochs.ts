import type { TagEpochs } from '../../core/ports/tag-epochs.ts';

/** How many purged tags are remembered one by one. */
const MOST_TAGS = 100_000;

/** Tag epochs of one process. Forgetting an old purge makes everything stored before it stale, never the other way round. */
export class LocalTagEpochs implements TagEpochs {
  readonly #purged = new Map<string, number>();
  readonly #most: number;
  #now = 1;
  #floor = 0;

  constructor(most = MOST_TAGS) {
    this.#most = most;
  }

  now(): number {
    return this.#now;
  }

  bump(tags: readonly string[]): void {
    if (tags.length === 0) return;
    this.#now++;
    for (const tag of tags) {
      this.#purged.delete(tag);
      this.#purged.set(tag, this.#now);
    }
    this.forgetOldest();
  }

  newest(tags: readonly string[]): number {
    let newest = this.#floor;
    for (const tag of tags) newest = Math.max(newest, this.#purged.get(tag) ?? 0);
    return newest;
  }

  private forgetOldest(): void {
    for (const [tag, epoch] of this.#purged) {
      if (this.#purged.size <= this.#most) return;
      this.#purged.delete(tag);
      this.#floor = Math.max(this.#floor, epoch);
    }
  }
}
