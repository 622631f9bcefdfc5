import type { Duplex } from 'node:stream';

/** More than any handshake needs; a client beyond it waits for its response. */
const MAX_BYTES = 64 * 1024;

/**
 * Bytes that a client sends before the response to its upgrade. They have to be read, because otherwise its disconnect
 * would not be noticed.
 */
export class EarlyBytes {
  readonly #socket: Duplex;
  readonly #chunks: Buffer[];
  #size: number;

  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#chunks = [head];
    this.#size = head.length;
    socket.on('data', this.#keep);
    socket.on('end', this.#leave);
  }

  /** The bytes so far; from now on another reader owns the socket. */
  take(): Buffer {
    this.#socket.off('data', this.#keep);
    this.#socket.off('end', this.#leave);
    this.#socket.pause();
    return Buffer.concat(this.#chunks);
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > MAX_BYTES) this.#socket.pause();
  };

  // A half-closed connection is useless before the response.
  readonly #leave = (): void => {
    this.#socket.destroy();
  };
}
