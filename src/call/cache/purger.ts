import type { Exchange } from '../../core/exchange.ts';
import type { Purger } from '../../core/ports/purger.ts';
import type { TagEpochs } from '../../core/ports/tag-epochs.ts';
import { addressTag } from './key.ts';

/** Purges by raising epochs: nothing is walked, and whatever is on its way is older than the purge. */
export class TagPurger implements Purger {
  readonly #epochs: TagEpochs;

  constructor(epochs: TagEpochs) {
    this.#epochs = epochs;
  }

  purge(tags: readonly string[]): void {
    this.#epochs.bump(tags);
  }

  purgeAddress(x: Exchange): void {
    this.#epochs.bump([addressTag(x)]);
  }
}
