import type { Purge, PurgeLabels } from '../../../../core/purge.ts';
import { namesOfTarget, PurgeNames } from '../../../../core/purge-names.ts';
import type { PurgePosition } from '../purge-clock.ts';

/** A purge as it stands in the shared log. */
export interface PurgeLogRow {
  readonly epoch: number;
  readonly purge: Purge;
  /** Who made it, and its number among theirs. */
  readonly origin: string;
  readonly own: number;
}

/** When a record was read, and by which process. */
export interface PurgeLogRead extends PurgePosition {
  readonly origin: string;
}

/**
 * The log of purges as one node knows it. Forgetting old ones makes everything before them stale, never the other way
 * round.
 */
export class PurgeLogReplica {
  readonly #max: number;
  readonly #rows: PurgeLogRow[] = [];
  readonly #names = new PurgeNames();
  /** By the names of its targets; within one, oldest first. */
  readonly #byName = new Map<string, PurgeLogRow[]>();
  #epoch = 0;
  #floor = 0;

  constructor(max: number) {
    this.#max = max;
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

  add(row: PurgeLogRow): void {
    this.#epoch = Math.max(this.#epoch, row.epoch);
    this.expect(row);
  }

  /** A purge that is about to stand in the log: as long as its epoch is not known, a guess that is never too strict. */
  expect(row: PurgeLogRow): void {
    this.#rows.push(row);
    for (const name of row.purge.targets.flatMap(target => this.#names.of(target))) {
      const rows = this.#byName.get(name);
      if (rows === undefined) this.#byName.set(name, [row]);
      else rows.push(row);
    }
    while (this.#rows.length > this.#max) this.#forgetOldest();
  }

  /** The purges that match these labels since the read. */
  since(lastRead: PurgeLogRead, labels: PurgeLabels): Purge['kind'] | undefined {
    if (lastRead.epoch < this.#floor) return 'hard';
    let found: Purge['kind'] | undefined;
    for (const name of this.#names.covering(labels)) {
      for (const row of this.#byName.get(name) ?? []) {
        if (!isAfter(row, lastRead)) continue;
        if (row.purge.kind === 'hard') return 'hard';
        found = 'soft';
      }
    }
    return found;
  }

  #forgetOldest(): void {
    const row = this.#rows.shift();
    if (row === undefined) return;
    this.#floor = Math.max(this.#floor, row.epoch);
    for (const name of row.purge.targets.flatMap(namesOfTarget)) {
      const rows = this.#byName.get(name);
      if (rows?.shift() !== undefined && rows.length === 0) this.#byName.delete(name);
    }
  }
}

/**
 * The reader's own purges are ordered by its own count, which is exact; those of others by the shared epoch that it
 * knew.
 */
function isAfter(row: PurgeLogRow, lastRead: PurgeLogRead): boolean {
  return row.origin === lastRead.origin ? row.own > lastRead.own : row.epoch > lastRead.epoch;
}
