import type { ServerResponse } from 'node:http';
import type { Sink } from '../core/body.ts';
import { latin1 } from '../core/latin1.ts';
import { type WriteLimit, WriteWatch } from './write-watch.ts';

/**
 * Node writes a string together with the headers in one chunk, and a buffer in two, which costs an eighth more for a
 * small response. Beyond this size copying costs as much as it saves.
 */
const IN_ONE_PIECE = 14 * 1024;

/**
 * So many bytes may wait in a response before its source is paused. Node wants no more after each large chunk, although
 * the kernel nearly always takes it at once. A pause in vain is work: undici gives the rest of what it read back to the
 * socket, and reads it once more.
 */
const MAX_WAITING_BYTES = 128 * 1024;

/** A client's response as the sink of a body. */
export class ResponseSink implements Sink {
  readonly res: ServerResponse;
  readonly #limit: WriteLimit;
  #watch: WriteWatch | undefined;
  #begun = false;
  /** Written since Node last wanted more. */
  #waitingBytes = 0;

  constructor(res: ServerResponse, limit: WriteLimit) {
    this.res = res;
    this.#limit = limit;
  }

  /** Whether it ended completely before its source did. */
  get left(): boolean {
    return false;
  }

  /** The headers wait for the first bytes to share a packet; without any, the client need not wait. */
  show(): void {
    if (!this.#begun && !this.res.writableEnded) this.res.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    this.#begun = true;
    if (this.res.write(chunk)) {
      this.#waitingBytes = 0;
      return true;
    }
    this.#waitingBytes += chunk.length;
    this.#startWatch();
    return this.#waitingBytes < MAX_WAITING_BYTES;
  }

  end(last?: Buffer, trailers?: readonly string[]): void {
    // Node sends them only after a chunked body, as RFC 9112 §7.1.2 requires.
    if (trailers !== undefined) this.res.addTrailers(pairs(trailers));
    if (last === undefined) this.res.end();
    // Every byte is one character of Latin-1.
    else if (!this.#begun && last.length <= IN_ONE_PIECE) this.res.end(latin1(last), 'latin1');
    else this.res.end(last);
    if (this.res.socket?.writableLength) this.#startWatch();
  }

  #startWatch(): void {
    this.#watch ??= new WriteWatch(this.res, this.#limit);
    this.#watch.start();
  }

  onDrain(listener: () => void): void {
    this.res.on('drain', () => {
      this.#waitingBytes = 0;
      listener();
    });
  }

  onClose(listener: () => void): void {
    this.res.on('close', listener);
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const fields: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) fields.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return fields;
}
