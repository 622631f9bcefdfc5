// The end of a line and an empty line after it; a line ends with LF, CRLF or CR (HTML §9.2.5).
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)/g;
const ENDS_BLANK = new RegExp(`${BLANK_LINE.source}$`);

const MAX_LENGTH = 4;

/** Follows an event stream and knows whether the last byte ended an event. */
export class EventBoundary {
  // The start of the stream is a boundary too.
  #tail = '\n\n';

  get reached(): boolean {
    return ENDS_BLANK.test(this.#tail);
  }

  follow(chunk: Buffer): void {
    const last = chunk.toString('latin1', Math.max(0, chunk.length - MAX_LENGTH));
    this.#tail = (this.#tail + last).slice(-MAX_LENGTH);
  }

  /** The number of bytes of this chunk that belong to the current event; undefined if it does not end in it. */
  endIn(chunk: Buffer): number | undefined {
    const before = this.#tail.length;
    for (const { 0: blank, index } of (this.#tail + chunk.toString('latin1')).matchAll(BLANK_LINE)) {
      const end = index + blank.length - before;
      if (end > 0) return end;
    }
    return undefined;
  }
}
