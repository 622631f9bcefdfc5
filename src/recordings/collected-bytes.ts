import type { BodyEnd } from '../core/body.ts';
import type { BodyTap } from './tapped-body.ts';

/** What a tap has collected, or why it has not. */
export type Collected =
  | { readonly bytes: Buffer; readonly trailers: readonly string[] }
  | { readonly reason: 'too long' | 'incomplete' };

/** Collects a copy of a body, up to a size. */
export class CollectedBytes implements BodyTap {
  readonly #limit: number;
  readonly #done: (collected: Collected) => void;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number, done: (collected: Collected) => void) {
    this.#limit = limit;
    this.#done = done;
  }

  chunk(bytes: Buffer): void {
    this.#size += bytes.length;
    if (this.#size <= this.#limit) this.#chunks.push(Buffer.from(bytes));
    else this.#chunks = [];
  }

  ended(end: BodyEnd, trailers: readonly string[]): void {
    if (this.#size > this.#limit) this.#done({ reason: 'too long' });
    else if (end !== 'complete') this.#done({ reason: 'incomplete' });
    else this.#done({ bytes: Buffer.concat(this.#chunks, this.#size), trailers });
  }
}
