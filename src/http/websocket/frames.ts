const CLOSE = 0x8;

/** Follows the bytes of one direction of a WebSocket from frame to frame (RFC 6455 §5.2), to find their ends. */
export class Frames {
  /** Whether the close frame has arrived; its sender sends nothing after it (§5.5.1). */
  closed = false;
  #headerSeen = 0;
  #headerLength = 2;
  #opcode = 0;
  #extended = 0;
  #length = 0;
  #payloadLeft = 0;

  /** Whether the last byte ended a frame. */
  get atBoundary(): boolean {
    return this.#headerSeen === 0 && this.#payloadLeft === 0;
  }

  follow(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.step(chunk, at);
  }

  /** Continues to the end of the frame or of the chunk; returns the position. */
  step(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#payloadLeft === 0) at = this.#header(chunk, at);
    const passed = Math.min(this.#payloadLeft, chunk.length - at);
    this.#payloadLeft -= passed;
    return at + passed;
  }

  #header(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      this.#headerByte(chunk[at] ?? 0);
      if (this.#headerSeen < this.#headerLength) continue;
      this.#headerSeen = 0;
      this.#headerLength = 2;
      this.#payloadLeft = this.#length;
      if (this.#opcode === CLOSE) this.closed = true;
      return at + 1;
    }
    return chunk.length;
  }

  #headerByte(byte: number): void {
    const index = this.#headerSeen++;
    if (index === 0) this.#opcode = byte & 0x0f;
    else if (index === 1) this.#sizes(byte);
    else if (index < 2 + this.#extended) this.#length = this.#length * 256 + byte;
  }

  #sizes(byte: number): void {
    const short = byte & 0x7f;
    this.#extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    this.#length = this.#extended === 0 ? short : 0;
    const mask = byte & 0x80 ? 4 : 0;
    this.#headerLength = 2 + this.#extended + mask;
  }
}
