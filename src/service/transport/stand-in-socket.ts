import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The substitute for the client's socket in http-proxy-middleware: the middleware's own 101 headers are dropped, and
 * then everything passes between the two ends. So every header that the client receives is written by the gateway.
 */
export class StandInSocket extends Socket {
  #client: Duplex | undefined;
  #headDropped = false;
  #waiting: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  /** Connects the client: its data goes to the backend, and waiting data goes to it. */
  open(client: Duplex, head: Buffer): void {
    this.#client = client;
    if (head.length > 0) this.push(head);
    client.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) client.pause();
    });
    client.on('end', () => this.push(null));
    client.on('close', () => this.destroy());
    client.on('error', () => this.destroy());
    client.resume();
    this.#waiting?.();
  }

  override _read(): void {
    this.#client?.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (!this.#headDropped) {
      this.#headDropped = true;
      done();
      return;
    }
    const pass = (): void => {
      if (this.#client === undefined || this.#client.write(chunk)) done();
      else this.#client.once('drain', done);
    };
    if (this.#client === undefined) this.#waiting = pass;
    else pass();
  }

  override _final(done: () => void): void {
    const end = (): void => {
      this.#client?.end();
      done();
    };
    if (this.#client === undefined) this.#waiting = end;
    else end();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // A backend that disconnects abruptly breaks the client's connection too.
    if (this.writableFinished) this.#client?.end();
    else this.#client?.destroy();
    done(error);
    // net.Socket disables the stream's own 'close' and emits it from its handle, which does not exist here.
    process.nextTick(() => this.emit('close', error !== null));
  }
}
