import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../core/ports/clock.ts';

/** How much of an unwanted body is read, and for how long, so that its client sees the response. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MS = 10_000;
const LOOK_MS = 250;

/**
 * Lets a client send for a while after its response: closing the connection at once could lose the response to a reset,
 * and reading for ever would be no limit.
 * @param shortly whether the client has already used up its time.
 */
export function lingeringClose(req: IncomingMessage, res: ServerResponse, clock: Clock, shortly: boolean): void {
  // Before Node's own listener, which closes the connection of a last response.
  res.prependListener('finish', () => {
    if (!req.complete && !req.socket.destroyed) new Rest(req, clock, shortly ? LOOK_MS * 4 : MAX_MS).read();
  });
}

class Rest {
  readonly #req: IncomingMessage;
  readonly #clock: Clock;
  readonly #until: number;
  readonly #max: number;
  #closing = false;

  constructor(req: IncomingMessage, clock: Clock, ms: number) {
    this.#req = req;
    this.#clock = clock;
    this.#until = clock.now() + ms;
    this.#max = req.socket.bytesRead + MAX_BYTES;
  }

  read(): void {
    const { socket } = this.#req;
    socket.destroySoon = () => {
      this.#closing = true;
      socket.end();
    };
    this.#req.resume();
    this.#look();
  }

  #look(): void {
    const { complete, socket } = this.#req;
    if (socket.destroyed) return;
    if (complete) {
      Reflect.deleteProperty(socket, 'destroySoon');
      if (this.#closing) socket.destroySoon();
    } else if (this.#clock.now() >= this.#until || socket.bytesRead > this.#max) socket.destroy();
    else this.#clock.after(LOOK_MS, () => this.#look());
  }
}
