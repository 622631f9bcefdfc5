import { covers, isPattern, type Purge } from '../../core/purge.ts';
import type { Moment } from '../stamps.ts';

/** A purge as it stands in the shared log. */
export interface PurgeRow {
  readonly epoch: number;
  readonly purge: Purge;
  /** Who made it, and its number among theirs. */
  readonly origin: string;
  readonly own: number;
}

/** When a record was asked for, and by whom. */
export interface Asked extends Moment {
  readonly origin: string;
}

/** The log of purges as one node knows it. Forgetting old ones makes everything before them stale, never the other way round. */
export class PurgeMirror {
  readonly #most: number;
  readonly #rows: PurgeRow[] = [];
  /** By target; within one, oldest first. */
  readonly #byTarget = new Map<string, PurgeRow[]>();
  readonly #patterns = new Set<string>();
  #epoch = 0;
  #floor = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Of the latest purge that is known of. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Nothing is known of purges up to that epoch. */
  raiseFloor(epoch: number): void {
    this.#floor = Math.max(this.#floor, epoch);
    this.#epoch = Math.max(this.#epoch, epoch);
  }

  add(row: PurgeRow): void {
    this.#epoch = Math.max(this.#epoch, row.epoch);
    this.expect(row);
  }

  /** A purge that is about to stand in the log: as long as its epoch is not known, a guess that is never too strict. */
  expect(row: PurgeRow): void {
    this.#rows.push(row);
    for (const target of row.purge.targets) {
      const rows = this.#byTarget.get(target);
      if (rows === undefined) this.#byTarget.set(target, [row]);
      else rows.push(row);
      if (isPattern(target)) this.#patterns.add(target);
    }
    while (this.#rows.length > this.#most) this.forgetOldest();
  }

  /** What became of an answer with these tags since it was asked for. */
  since(asked: Asked, tags: readonly string[]): Purge['kind'] | undefined {
    if (asked.epoch < this.#floor) return 'hard';
    let found: Purge['kind'] | undefined;
    for (const target of this.targetsOf(tags)) {
      for (const row of this.#byTarget.get(target) ?? []) {
        if (!isAfter(row, asked)) continue;
        if (row.purge.kind === 'hard') return 'hard';
        found = 'soft';
      }
    }
    return found;
  }

  private targetsOf(tags: readonly string[]): readonly string[] {
    const patterns = [...this.#patterns].filter(pattern => covers(pattern, tags));
    return patterns.length === 0 ? tags : [...tags, ...patterns];
  }

  private forgetOldest(): void {
    const row = this.#rows.shift();
    if (row === undefined) return;
    this.#floor = Math.max(this.#floor, row.epoch);
    for (const target of row.purge.targets) {
      const rows = this.#byTarget.get(target);
      if (rows?.shift() === undefined || rows.length > 0) continue;
      this.#byTarget.delete(target);
      this.#patterns.delete(target);
    }
  }
}

/** Purges of the one who asked are ordered by their own count, which is exact; those of others by the shared epoch he knew of. */
function isAfter(row: PurgeRow, asked: Asked): boolean {
  return row.origin === asked.origin ? row.own > asked.own : row.epoch > asked.epoch;
}
