import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../core/ports/clock.ts';

/** How long a client may read nothing of what waits for it. */
export interface WriteLimit {
  readonly clock: Clock;
  /** In milliseconds; undefined for ever. */
  readonly idleMs: number | undefined;
}

/**
 * Lets go of a client that reads nothing: its connection, and with it the backend's and the permit of the call. A slow
 * client is none of those, as long as the kernel takes something in that time; it takes in steps, as large as the line
 * is fast.
 */
export class WriteWatch {
  readonly #res: ServerResponse;
  readonly #limit: WriteLimit;
  #timer: Timer | undefined;

  constructor(res: ServerResponse, limit: WriteLimit) {
    this.#res = res;
    this.#limit = limit;
  }

  /** To be called when something waits to be read. */
  start(): void {
    const { idleMs } = this.#limit;
    if (this.#timer !== undefined || idleMs === undefined) return;
    // A timer that goes on would keep the whole response for as long.
    this.#res.once('close', this.#stop);
    this.#look(idleMs, undefined);
  }

  #look(idleMs: number, before: string | undefined): void {
    const { socket, destroyed } = this.#res;
    // A pipelined response has no socket before the one in front of it has ended.
    const waiting = socket === null ? 'no socket yet' : bytesLeft(socket);
    if (destroyed || waiting === NONE) {
      this.#res.off('close', this.#stop);
      this.#stop();
      return;
    }
    if (socket !== null && waiting === before) {
      this.#res.destroy();
      return;
    }
    this.#timer = this.#limit.clock.after(idleMs, () => this.#look(idleMs, waiting));
  }

  readonly #stop = (): void => {
    this.#timer?.cancel();
    this.#timer = undefined;
  };
}

const NONE = '0 0';

/** What has not left this process: it changes with every piece that the kernel takes, also within one long buffer. */
function bytesLeft(socket: Socket): string {
  const handle: unknown = Reflect.get(socket, '_handle');
  const queued: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : 0;
  return `${socket.writableLength} ${typeof queued === 'number' ? queued : 0}`;
}
