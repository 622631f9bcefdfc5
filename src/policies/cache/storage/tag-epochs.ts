import type { TagEpochs } from '../../../core/ports/tag-epochs.ts';
import type { Purge, PurgeKind, PurgeLabels, PurgeTarget } from '../../../core/purge.ts';
import { PurgeNames } from '../../../core/purge-names.ts';

/** Maximum of purges that are remembered individually. */
const MAX_TARGETS = 100_000;

/**
 * Tag epochs of one process. Forgetting an old purge makes everything stored before it stale, which is the safe side.
 */
export class LocalTagEpochs implements TagEpochs {
  readonly #logs: Readonly<Record<PurgeKind, PurgeLog>>;
  #now = 1;

  constructor(max = MAX_TARGETS) {
    this.#logs = { hard: new PurgeLog(max), soft: new PurgeLog(max) };
  }

  now(): number {
    return this.#now;
  }

  bump({ kind, targets }: Purge): void {
    if (targets.length === 0) return;
    this.#now++;
    for (const target of targets) this.#logs[kind].note(target, this.#now);
  }

  newest(labels: PurgeLabels, kind: PurgeKind): number {
    return this.#logs[kind].newest(labels);
  }
}

/** The latest purge of each target, oldest first. */
class PurgeLog {
  readonly #names = new PurgeNames();
  readonly #epochs = new Map<string, number>();
  readonly #max: number;
  #floor = 0;

  constructor(max: number) {
    this.#max = max;
  }

  note(target: PurgeTarget, epoch: number): void {
    for (const name of this.#names.of(target)) {
      this.#epochs.delete(name);
      this.#epochs.set(name, epoch);
    }
    for (const [oldest, forgotten] of this.#epochs) {
      if (this.#epochs.size <= this.#max) return;
      this.#epochs.delete(oldest);
      this.#floor = Math.max(this.#floor, forgotten);
    }
  }

  newest(labels: PurgeLabels): number {
    let newest = this.#floor;
    if (this.#epochs.size === 0) return newest;
    for (const name of this.#names.covering(labels)) newest = Math.max(newest, this.#epochs.get(name) ?? 0);
    return newest;
  }
}
