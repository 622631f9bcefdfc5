const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = '0\r\n\r\n';

/** Finds the last byte of a response without keeping its body: counting is cheap for 10 MB, too. */
export class ResponseEnd {
  #status = 200;
  #head: Buffer | undefined;
  /** Bytes of the body that are missing; undefined before the head is whole, and for a chunked body. */
  #missing: number | undefined;
  #tail = '';
  #isChunked = false;
  #closes = false;

  /** Starts over, for a response with this status. */
  expect(status: number): void {
    this.#status = status;
    this.#head = undefined;
    this.#missing = undefined;
    this.#isChunked = false;
    this.#tail = '';
  }

  /** Whether the server closes the connection behind this response. */
  get closes(): boolean {
    return this.#closes;
  }

  get hasBegun(): boolean {
    return this.#head !== undefined || this.#missing !== undefined || this.#isChunked;
  }

  /**
   * Whether the response is whole.
   * @throws for another status.
   */
  take(chunk: Buffer): boolean {
    if (this.#missing !== undefined) return this.#count(chunk.length);
    if (this.#isChunked) return this.#endsWith(chunk);
    const received = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
    const end = received.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = received;
      return false;
    }
    const body = received.subarray(end + HEAD_END.length);
    this.#read(received.toString('latin1', 0, end));
    return this.#isChunked ? this.#endsWith(body) : this.#count(body.length);
  }

  #read(head: string): void {
    if (!head.startsWith(`HTTP/1.1 ${this.#status}`)) {
      throw new Error(`a request failed: ${head.slice(0, head.indexOf('\r\n'))}`);
    }
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    this.#closes = /\r\nconnection: close/i.test(head);
    // RFC 9110 §15.4.5: a 304 has no body, although its fields may state the length of one.
    if (this.#status === 304) this.#missing = 0;
    else if (length !== undefined) this.#missing = Number(length);
    else this.#isChunked = true;
  }

  #count(bytes: number): boolean {
    this.#missing = (this.#missing ?? 0) - bytes;
    return this.#missing <= 0;
  }

  #endsWith(chunk: Buffer): boolean {
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - 5))).slice(-LAST_CHUNK.length);
    return this.#tail === LAST_CHUNK;
  }
}
