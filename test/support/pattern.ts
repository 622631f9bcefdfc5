import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

const MIB = 1 << 20;
const BLOCK = randomBytes(MIB);
const PIECE = 64 * 1024;
/** How much a slow reader takes before it pauses. */
const BURST = 32 * MIB;
/** The number of turns of the event loop without a write after which the writer counts as paused. */
const QUIET_TURNS = 1_000;

/** Bytes of a pattern that reveals missing, repeated and changed bytes, and whether their writer is paused. */
export class Pattern {
  #written = 0;

  bytes(size: number): Readable {
    let at = 0;
    const bytes = new Readable({
      highWaterMark: PIECE,
      read: () => {
        const from = at % BLOCK.length;
        const piece = BLOCK.subarray(from, Math.min(from + PIECE, from + size - at));
        at += piece.length;
        this.#written += piece.length;
        bytes.push(piece.length === 0 ? null : piece);
      },
    });
    return bytes;
  }

  /** The number of bytes, or the position of the first wrong one. */
  async read(from: Readable): Promise<number | string> {
    let at = 0;
    for await (const chunk of from) {
      if (!isNext(chunk, at)) return `broken between ${at} and ${at + chunk.length}`;
      at += chunk.length;
    }
    return at;
  }

  /** Like `read`, but pauses after each burst until the writer has to wait, when all buffers in between are full. */
  async readInBursts(from: Readable): Promise<number | string> {
    const bursts = this.#bursts(from);
    return this.read(Readable.from(bursts, { objectMode: true, highWaterMark: 1 }));
  }

  async *#bursts(from: Readable): AsyncGenerator<Buffer> {
    let taken = 0;
    for await (const chunk of from) {
      yield chunk;
      taken += chunk.length;
      if (taken < BURST) continue;
      taken = 0;
      await this.#stalled();
    }
  }

  async #stalled(): Promise<void> {
    let seen = this.#written;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise(setImmediate);
      if (seen === this.#written) continue;
      seen = this.#written;
      quiet = 0;
    }
  }
}

function isNext(chunk: Buffer, at: number): boolean {
  for (let i = 0; i < chunk.length; ) {
    const from = (at + i) % BLOCK.length;
    const length = Math.min(BLOCK.length - from, chunk.length - i);
    if (BLOCK.compare(chunk, i, i + length, from, from + length) !== 0) return false;
    i += length;
  }
  return true;
}
