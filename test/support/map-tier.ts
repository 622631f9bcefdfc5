import type { CacheTier, TierHit, TierRecord } from '../../src/core/ports/cache-tier.ts';
import { covers, type Purge } from '../../src/core/purge.ts';

/** A tier in this process for tests of the layers above; it removes only what is purged. */
export class MapTier implements CacheTier {
  readonly name = 'map';
  readonly records = new Map<string, TierRecord & { soft: boolean }>();
  gets = 0;
  #now = 1;

  purgePosition(): number {
    return this.#now;
  }

  async get(key: string): Promise<TierHit | undefined> {
    this.gets++;
    await Promise.resolve();
    const record = this.records.get(key);
    return record === undefined ? undefined : { bytes: record.bytes, soft: record.soft };
  }

  set(key: string, record: TierRecord): void {
    if (record.purgePosition === this.#now) this.records.set(key, { ...record, soft: false });
  }

  delete(key: string): void {
    this.records.delete(key);
  }

  purge({ kind, targets }: Purge): void {
    this.#now++;
    for (const [key, record] of this.records) {
      if (!targets.some(target => covers(target, record.labels))) continue;
      if (kind === 'hard') this.records.delete(key);
      else record.soft = true;
    }
  }

  async close(): Promise<void> {}
}
