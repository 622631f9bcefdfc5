interface Sized {
  readonly bytes: number;
}

/** Pending writes, the latest of each key, within a byte limit beyond which the oldest is dropped. */
export class WriteQueue<Write extends Sized> {
  readonly #writes = new Map<string, Write>();
  readonly #budget: number;
  #bytes = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#writes.size;
  }

  add(key: string, write: Write): void {
    this.delete(key);
    if (write.bytes > this.#budget) return;
    this.#writes.set(key, write);
    this.#bytes += write.bytes;
    for (const oldest of this.#writes.keys()) {
      if (this.#bytes <= this.#budget) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const write = this.#writes.get(key);
    if (write === undefined) return;
    this.#writes.delete(key);
    this.#bytes -= write.bytes;
  }

  /** Removes and returns the oldest ones up to that many bytes, at least one. */
  take(bytes: number, max: number): readonly (readonly [string, Write])[] {
    const taken: (readonly [string, Write])[] = [];
    let sum = 0;
    for (const [key, write] of this.#writes) {
      if (taken.length === max || (taken.length > 0 && sum + write.bytes > bytes)) break;
      sum += write.bytes;
      taken.push([key, write]);
      this.delete(key);
    }
    return taken;
  }

  clear(): void {
    this.#writes.clear();
    this.#bytes = 0;
  }
}
