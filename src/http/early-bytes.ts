import type { Duplex } from 'node:stream';

/** More than any handshake needs; beyond it a client waits until it is answered. */
const MAX_BYTES = 64 * 1024;

/**
 * What a client sends before its upgrade has a response. It has to be read, else a disconnect of the client would not
 * be noticed.
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

  /** Everything so far; from here on another reader owns the socket. */
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

  // Half a connection is of no use before there is a response.
  readonly #leave = (): void => {
    this.#socket.destroy();
  };
}
