import type { Purge, PurgeLabels } from '../../../../core/purge.ts';
import { namesOfTarget, PurgeNames } from '../../../../core/purge-names.ts';
import type { PurgePosition } from '../purge-clock.ts';

/** A purge in the shared log. */
export interface PurgeLogRow {
  readonly epoch: number;
  readonly purge: Purge;
  /** The process that made it, and its number there. */
  readonly origin: string;
  readonly own: number;
}

/** When and by which process a record was read. */
export interface PurgeLogRead extends PurgePosition {
  readonly origin: string;
}

/** A node's copy of the purge log. Forgetting old purges makes everything before them stale, which is the safe side. */
export class PurgeLogReplica {
  readonly #max: number;
  readonly #rows: PurgeLogRow[] = [];
  readonly #names = new PurgeNames();
  /** By the names of its targets; oldest first for each name. */
  readonly #byName = new Map<string, PurgeLogRow[]>();
  #epoch = 0;
  #floor = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Of the latest known purge. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Purges up to that epoch are unknown. */
  raiseFloor(epoch: number): void {
    this.#floor = Math.max(this.#floor, epoch);
    this.#epoch = Math.max(this.#epoch, epoch);
  }

  add(row: PurgeLogRow): void {
    this.#epoch = Math.max(this.#epoch, row.epoch);
    this.expect(row);
  }

  /** A purge that will be in the log; until its epoch is known, an estimate that is never too strict. */
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

/** The reader's own purges are ordered by its own exact count, those of others by the shared epoch that it knew. */
function isAfter(row: PurgeLogRow, lastRead: PurgeLogRead): boolean {
  return row.origin === lastRead.origin ? row.own > lastRead.own : row.epoch > lastRead.epoch;
}
