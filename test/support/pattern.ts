import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

const MIB = 1 << 20;
const BLOCK = randomBytes(MIB);
const PIECE = 64 * 1024;
/** How much a slow reader takes before it stops for a while. */
const BURST = 32 * MIB;
/** How long nothing more must have been written, in turns of the event loop, for the writer to be one that waits. */
const QUIET_TURNS = 1_000;

/** Bytes of a pattern which shows a byte that is missing, doubled or changed; and whether their writer comes on. */
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

  /** How many bytes came, or where the first wrong one stood. */
  async read(from: Readable): Promise<number | string> {
    let at = 0;
    for await (const chunk of from) {
      if (!isNext(chunk, at)) return `broken between ${at} and ${at + chunk.length}`;
      at += chunk.length;
    }
    return at;
  }

  /** As `read`, but stops after each burst until the writer has to wait too: everything between them is full then. */
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
