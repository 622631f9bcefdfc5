import { KeptRequest } from './kept-request.ts';
import type { RequestFacts } from './record/facts.ts';

/** How many requests of each process `portico why` knows. */
const KEPT = 512;

/** Copies of the records of the latest requests. */
export class RecentRequests {
  readonly #places: KeptRequest[] = [];
  #next = 0;

  add(record: RequestFacts): void {
    const known = this.#places[this.#next];
    const place = known ?? new KeptRequest();
    if (known === undefined) this.#places.push(place);
    place.copy(record);
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The latest first. They are written over by later requests, so nobody keeps them. */
  list(): readonly RequestFacts[] {
    return [...this.#places.slice(this.#next), ...this.#places.slice(0, this.#next)].reverse();
  }
}
