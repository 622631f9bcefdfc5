/** An entry and its place in a queue. */
export class Place<Entry> {
  readonly key: string;
  readonly entry: Entry;
  readonly expiresAt: number;
  bytes: number;
  /** How often it was asked for lately. */
  frequency = 0;
  queue: Queue<Entry> | undefined;
  later: Place<Entry> | undefined;
  earlier: Place<Entry> | undefined;

  constructor(key: string, entry: Entry, bytes: number, expiresAt: number) {
    this.key = key;
    this.entry = entry;
    this.bytes = bytes;
    this.expiresAt = expiresAt;
  }

  withBytes(bytes: number): Place<Entry> {
    return new Place(this.key, this.entry, bytes, this.expiresAt);
  }
}

/** First in, first out, counted in bytes; places hold their own neighbours, so that leaving from the middle costs nothing. */
export class Queue<Entry> {
  oldest: Place<Entry> | undefined;
  bytes = 0;
  size = 0;
  #newest: Place<Entry> | undefined;

  add(place: Place<Entry>): void {
    place.queue = this;
    place.earlier = this.#newest;
    if (this.#newest === undefined) this.oldest = place;
    else this.#newest.later = place;
    this.#newest = place;
    this.bytes += place.bytes;
    this.size++;
  }

  remove(place: Place<Entry>): void {
    if (place.queue !== this) return;
    const { earlier, later } = place;
    if (earlier === undefined) this.oldest = later;
    else earlier.later = later;
    if (later === undefined) this.#newest = earlier;
    else later.earlier = earlier;
    place.queue = place.earlier = place.later = undefined;
    this.bytes -= place.bytes;
    this.size--;
  }
}
