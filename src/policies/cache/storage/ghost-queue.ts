/** Remembers evicted keys by hash, oldest forgotten first. A hash collision only causes a wrong guess. */
export class GhostQueue {
  readonly #hashes = new Set<number>();
  // One iterator for the whole time, because a new one would walk over everything deleted at the front for each
  // forgotten key.
  #oldest = this.#hashes.values();

  /** @param max the number of remembered keys. */
  remember(key: string, max: number): void {
    const hash = hashOf(key);
    this.#hashes.delete(hash);
    this.#hashes.add(hash);
    while (this.#hashes.size > max) this.#forgetOldest();
  }

  /** Whether the key is remembered; it is forgotten afterwards. */
  take(key: string): boolean {
    return this.#hashes.delete(hashOf(key));
  }

  #forgetOldest(): void {
    const { value, done } = this.#oldest.next();
    if (done === true) this.#oldest = this.#hashes.values();
    else this.#hashes.delete(value);
  }
}

/** FNV-1a over the UTF-16 units as an integer, which needs no allocation. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash;
}
