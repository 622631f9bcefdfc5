import { createHash } from 'node:crypto';

/** A number for a text, the same in every process. */
export function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE();
}

/** Numbers that follow from a seed and a name alone, so that a value does not depend on the values beside it. */
export class SeededRandom {
  #state: number;

  constructor(seed: number, name: string) {
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5 ^ seed;
    for (const char of name) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** From 0 up to but not including 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number; both ends are possible. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** @throws RangeError for an empty list. */
  pick<T>(list: readonly T[]): T {
    const index = this.between(0, list.length - 1);
    if (index >= list.length || index < 0) throw new RangeError('a list without items');
    return list[index] as T;
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.between(0, 15).toString(16)).join('');
  }
}
