/** A cache for a number of objects of one size, to compare evictions. */
export interface ReferenceCache {
  /** Whether the key was present; it is afterwards. */
  ask(key: string): boolean;
}

export function minRecentlyUsed(max: number): ReferenceCache {
  return new Ordered(max, true);
}

export function firstInFirstOut(max: number): ReferenceCache {
  return new Ordered(max, false);
}

class Ordered implements ReferenceCache {
  readonly #keys = new Set<string>();
  readonly #max: number;
  readonly #renew: boolean;
  // One iterator for the whole test, since each new one pays for deleted keys at the front; it follows later
  // insertions.
  readonly #oldest = this.#keys.values();

  constructor(max: number, renew: boolean) {
    this.#max = max;
    this.#renew = renew;
  }

  ask(key: string): boolean {
    const known = this.#keys.has(key);
    if (known && !this.#renew) return true;
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > this.#max) this.#keys.delete(this.#oldest.next().value ?? '');
    return known;
  }
}
