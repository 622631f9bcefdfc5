/** RFC 6455 §5.2. */
export const OPCODE = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** A whole message of a WebSocket, or a control frame. */
export interface WebSocketMessage {
  readonly opcode: number;
  readonly payload: Buffer;
}

const FIN = 0x80;
const MASK = 0x80;
const CONTROL = 0x8;

/** Reads the messages of one direction; the frames of a client are masked (RFC 6455 §5.3). */
export class WebSocketReader {
  readonly #limit: number;
  readonly #found: (message: WebSocketMessage) => void;
  #waiting: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #opcode = 0;
  #isLost = false;

  /** @param limit of a message in bytes; behind a longer one nothing is read any more. */
  constructor(limit: number, found: (message: WebSocketMessage) => void) {
    this.#limit = limit;
    this.#found = found;
  }

  /** Whether a message was too long, so that the rest is not known. */
  get isLost(): boolean {
    return this.#isLost;
  }

  read(chunk: Buffer): void {
    if (this.#isLost) return;
    this.#waiting = this.#waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#waiting, chunk]);
    let length = this.#frame(this.#waiting);
    while (length > 0) {
      this.#waiting = this.#waiting.subarray(length);
      length = this.#frame(this.#waiting);
    }
  }

  /** @returns the length of the frame at the beginning; 0 if it is not there yet. */
  #frame(bytes: Buffer): number {
    if (bytes.length < 2) return 0;
    const first = bytes[0] ?? 0;
    const second = bytes[1] ?? 0;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const maskLength = (second & MASK) === 0 ? 0 : 4;
    const start = 2 + extended + maskLength;
    if (bytes.length < start) return 0;
    const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (length > this.#limit) {
      this.#isLost = true;
      this.#waiting = Buffer.alloc(0);
      return 0;
    }
    if (bytes.length < start + length) return 0;
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (maskLength > 0) unmask(payload, bytes.subarray(start - 4, start));
    this.#add(first, payload);
    return start + length;
  }

  #add(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    // §5.5: a control frame may stand between the frames of a message.
    if ((opcode & CONTROL) !== 0) {
      this.#found({ opcode, payload });
      return;
    }
    if (opcode !== OPCODE.continuation) {
      this.#opcode = opcode;
      this.#parts = [];
    }
    this.#parts.push(payload);
    if ((first & FIN) !== 0) this.#found({ opcode: this.#opcode, payload: Buffer.concat(this.#parts) });
  }
}

/** A frame as a server sends it: unmasked, and the whole message. */
export function serverFrame({ opcode, payload }: WebSocketMessage): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([FIN | opcode, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([FIN | opcode, 126, length >> 8, length & 0xff]), payload]);
  const header = Buffer.alloc(10);
  header[0] = FIN | opcode;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

export function isData({ opcode }: WebSocketMessage): boolean {
  return (opcode & CONTROL) === 0;
}

function unmask(payload: Buffer, mask: Buffer): void {
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
}
