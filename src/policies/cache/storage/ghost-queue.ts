/**
 * Remembers what left, by hashes alone, oldest forgotten first. Two keys of one hash are taken for each other, which
 * costs nothing but a guess.
 */
export class GhostQueue {
  readonly #hashes = new Set<number>();
  // One iterator for good: a new one would walk over everything that was deleted at the front, again for each that is
  // forgotten.
  #oldest = this.#hashes.values();

  /** @param max how many are remembered. */
  remember(key: string, max: number): void {
    const hash = hashOf(key);
    this.#hashes.delete(hash);
    this.#hashes.add(hash);
    while (this.#hashes.size > max) this.#forgetOldest();
  }

  /** Whether the key is remembered; it is not any more. */
  take(key: string): boolean {
    return this.#hashes.delete(hashOf(key));
  }

  #forgetOldest(): void {
    const { value, done } = this.#oldest.next();
    if (done === true) this.#oldest = this.#hashes.values();
    else this.#hashes.delete(value);
  }
}

/** FNV-1a over the UTF-16 units, as an integer that needs no allocation. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash;
}
