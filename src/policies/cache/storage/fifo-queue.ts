/** An entry with its position in a queue. */
export class QueuePosition<Entry> {
  readonly key: string;
  readonly entry: Entry;
  readonly expiresAt: number;
  bytes: number;
  /** The number of recent hits. */
  frequency = 0;
  queue: FifoQueue<Entry> | undefined;
  later: QueuePosition<Entry> | undefined;
  earlier: QueuePosition<Entry> | undefined;

  constructor(key: string, entry: Entry, bytes: number, expiresAt: number) {
    this.key = key;
    this.entry = entry;
    this.bytes = bytes;
    this.expiresAt = expiresAt;
  }

  withBytes(bytes: number): QueuePosition<Entry> {
    return new QueuePosition(this.key, this.entry, bytes, this.expiresAt);
  }
}

/** A FIFO queue that counts bytes; its positions are linked, so that removal from the middle is cheap. */
export class FifoQueue<Entry> {
  oldest: QueuePosition<Entry> | undefined;
  bytes = 0;
  size = 0;
  #newest: QueuePosition<Entry> | undefined;

  add(place: QueuePosition<Entry>): void {
    place.queue = this;
    place.earlier = this.#newest;
    if (this.#newest === undefined) this.oldest = place;
    else this.#newest.later = place;
    this.#newest = place;
    this.bytes += place.bytes;
    this.size++;
  }

  remove(place: QueuePosition<Entry>): void {
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
