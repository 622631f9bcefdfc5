import { KeptRequest } from './kept-request.ts';
import type { RequestFacts } from './record/facts.ts';

/** How many requests of each process `portico why` knows. */
const KEPT = 512;

/**
 * The records of the latest requests. One with parts is copied: it is several times as large, and a kept record
 * outlives its young generation. One without is cheaper to keep than to copy.
 */
export class RecentRequests {
  readonly #records: (RequestFacts | undefined)[] = new Array(KEPT).fill(undefined);
  readonly #copies: (KeptRequest | undefined)[] = new Array(KEPT).fill(undefined);
  #next = 0;

  add(record: RequestFacts): void {
    this.#records[this.#next] = record.parts.length === 0 ? record : this.#copy(record);
    this.#next = (this.#next + 1) % KEPT;
  }

  #copy(record: RequestFacts): KeptRequest {
    const copy = this.#copies[this.#next] ?? new KeptRequest();
    this.#copies[this.#next] = copy;
    copy.copy(record);
    return copy;
  }

  /** The latest first. Later requests write over the copies, so nobody keeps what is in the list. */
  list(): readonly RequestFacts[] {
    return [...this.#records.slice(this.#next), ...this.#records.slice(0, this.#next)]
      .filter(record => record !== undefined)
      .reverse();
  }
}
