import type { TagEpochs } from '../../core/ports/tag-epochs.ts';
import { covers, isPattern, type Purge, type PurgeKind } from '../../core/purge.ts';

/** How many purged tags are remembered one by one, and how many patterns are tried against an entry. */
const MOST_TAGS = 100_000;
const MOST_PATTERNS = 100;

/** Tag epochs of one process. Forgetting an old purge makes everything stored before it stale, never the other way round. */
export class LocalTagEpochs implements TagEpochs {
  readonly #logs: Readonly<Record<PurgeKind, PurgeLog>>;
  #now = 1;

  constructor(most = MOST_TAGS) {
    this.#logs = { hard: new PurgeLog(most), soft: new PurgeLog(most) };
  }

  now(): number {
    return this.#now;
  }

  bump({ kind, targets }: Purge): void {
    if (targets.length === 0) return;
    this.#now++;
    for (const target of targets) this.#logs[kind].note(target, this.#now);
  }

  newest(tags: readonly string[], kind: PurgeKind): number {
    return this.#logs[kind].newest(tags);
  }
}

/** The latest purge of each target, oldest first. */
class PurgeLog {
  readonly #tags = new Map<string, number>();
  readonly #patterns = new Map<string, number>();
  readonly #most: number;
  #floor = 0;

  constructor(most: number) {
    this.#most = most;
  }

  note(target: string, epoch: number): void {
    const [log, most] = isPattern(target) ? [this.#patterns, MOST_PATTERNS] : [this.#tags, this.#most];
    log.delete(target);
    log.set(target, epoch);
    if (log.size <= most) return;
    for (const [oldest, forgotten] of log) {
      log.delete(oldest);
      this.#floor = Math.max(this.#floor, forgotten);
      return;
    }
  }

  newest(tags: readonly string[]): number {
    let newest = this.#floor;
    for (const tag of tags) newest = Math.max(newest, this.#tags.get(tag) ?? 0);
    for (const [pattern, epoch] of this.#patterns) {
      if (epoch > newest && covers(pattern, tags)) newest = epoch;
    }
    return newest;
  }
}
