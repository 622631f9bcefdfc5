import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../core/ports/clock.ts';

/** How long a client may read nothing of a waiting response. */
export interface WriteLimit {
  readonly clock: Clock;
  /** In milliseconds; undefined for no limit. */
  readonly idleMs: number | undefined;
}

/**
 * Disconnects a client that reads nothing, which releases the backend's connection and the permit of the call. A slow
 * client is kept as long as the kernel accepts bytes in that time, in steps that depend on the speed of the network.
 */
export class WriteWatch {
  readonly #res: ServerResponse;
  readonly #limit: WriteLimit;
  #timer: Timer | undefined;

  constructor(res: ServerResponse, limit: WriteLimit) {
    this.#res = res;
    this.#limit = limit;
  }

  /** Called when bytes wait to be read. */
  start(): void {
    const { idleMs } = this.#limit;
    if (this.#timer !== undefined || idleMs === undefined) return;
    // A running timer would keep the whole response in memory.
    this.#res.once('close', this.#stop);
    this.#look(idleMs, undefined);
  }

  #look(idleMs: number, before: string | undefined): void {
    const { socket, destroyed } = this.#res;
    // A pipelined response has no socket before the previous one has ended.
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

/**
 * The unsent bytes of this process, which change with every chunk that the kernel accepts, even within one long buffer.
 */
function bytesLeft(socket: Socket): string {
  const handle: unknown = Reflect.get(socket, '_handle');
  const queued: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : 0;
  return `${socket.writableLength} ${typeof queued === 'number' ? queued : 0}`;
}
