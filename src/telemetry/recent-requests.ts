import type { RequestRecord } from './record/request-record.ts';

/** How many requests of each process `portico why` knows. */
const KEPT = 512;

/** The records of the latest requests. */
export class RecentRequests {
  readonly #records: (RequestRecord | undefined)[] = new Array(KEPT).fill(undefined);
  #next = 0;

  add(record: RequestRecord): void {
    this.#records[this.#next] = record;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The latest first. */
  list(): readonly RequestRecord[] {
    const { length } = this.#records;
    return Array.from({ length }, (_, i) => this.#records[(this.#next - 1 - i + length) % length]).filter(
      record => record !== undefined,
    );
  }
}
