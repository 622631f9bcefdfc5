import type { Exchange } from '../../core/exchange.ts';
import type { Bus } from '../../core/ports/bus.ts';
import type { Purger } from '../../core/ports/purger.ts';
import type { TagEpochs } from '../../core/ports/tag-epochs.ts';
import { addressTag } from './key.ts';

/**
 * Purges by raising epochs: nothing is walked, and whatever is on its way is older than the purge. Here at once; the other processes hear of it
 * over the bus.
 */
export class TagPurger implements Purger {
  readonly #epochs: TagEpochs;
  readonly #bus: Bus | undefined;

  constructor(epochs: TagEpochs, bus: Bus | undefined) {
    this.#epochs = epochs;
    this.#bus = bus;
    bus?.subscribe(({ tags }) => epochs.bump(tags));
  }

  purge(tags: readonly string[], x: Exchange): void {
    const all = [...tags, addressTag(x)];
    this.#epochs.bump(all);
    this.#bus?.publish({ kind: 'purge', tags: all });
  }
}
