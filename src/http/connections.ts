import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Clock } from '../core/ports/clock.ts';

/** A connection that received nothing for this long is idle, with no request about to arrive. */
const RESTING_MS = 100;

/** Time for a client to notice that its connection ended. */
const HANGING_UP_MS = 500;

/** The connections of a server, so that a drain can close the idle ones only. */
export class Connections {
  readonly #sockets = new Set<Socket>();
  readonly #clock: Clock;

  constructor(server: Server, clock: Clock) {
    this.#clock = clock;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Closes every connection that is idle for a moment, since its next request would reach a process that exits. */
  async endResting(): Promise<void> {
    const before = this.#resting();
    if (before.size === 0) return;
    await this.#moment();
    await this.#ended(
      [...this.#resting()].filter(([socket, bytes]) => before.get(socket) === bytes).map(([socket]) => socket),
    );
  }

  /**
   * Closes each connection once it is idle for a moment. Resolves when every connection is closed, except those whose
   * client does not close its side. A connection between two requests is waited for too, because its last response
   * announced that it stays open.
   */
  async endAll(): Promise<void> {
    const ended = new Map<Socket, Promise<void>>();
    let before: ReadonlyMap<Socket, number> = new Map();
    while ([...this.#sockets].some(socket => !ended.has(socket))) {
      const resting = this.#resting();
      for (const [socket, bytes] of resting) if (before.get(socket) === bytes) ended.set(socket, this.#ended([socket]));
      before = resting;
      await this.#moment();
    }
    await Promise.all(ended.values());
  }

  /** The idle connections with the bytes that each has received. */
  #resting(): ReadonlyMap<Socket, number> {
    return new Map([...this.#sockets].filter(isResting).map(socket => [socket, socket.bytesRead]));
  }

  /**
   * Waits, and then until pending input is read, because a process without CPU time finds its timers due before it
   * reads.
   */
  #moment(): Promise<void> {
    return new Promise(resolve => void this.#clock.after(RESTING_MS, () => setImmediate(resolve)));
  }

  /**
   * Resolves when the clients have closed their side too, so that none of them reuses such a connection; some never do.
   */
  async #ended(sockets: readonly Socket[]): Promise<void> {
    if (sockets.length === 0) return;
    const hungUp = sockets.map(socket => new Promise<void>(resolve => void socket.once('close', () => resolve())));
    for (const socket of sockets) socket.end();
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.after(HANGING_UP_MS, late.resolve);
    await Promise.race([Promise.all(hungUp), late.promise]);
    timer.cancel();
  }
}

/** Node stores the current response of a connection in this field, which its own shutdown reads. */
function isResting(socket: Socket): boolean {
  return !Reflect.get(socket, '_httpMessage') && !socket.writableEnded;
}

/** Resolves when the last connection is closed, including tunnels. */
export function stopAccepting(server: Server | undefined): Promise<void> {
  if (server?.listening !== true) return Promise.resolve();
  // The HTTP server's own close ends idle connections at once, including those with a request in flight or with
  // response bytes for a slow client.
  return new Promise(resolved => {
    NetServer.prototype.close.call(server, () => {
      // It stops the timer that looks for slow request heads, which would keep the server and its gateway in memory.
      server.close();
      resolved();
    });
  });
}

/** After that time Node itself has closed every connection that was idle before. */
export function keepAliveOver(server: Server | undefined, clock: Clock): Promise<void> {
  const { keepAliveTimeout = 0, keepAliveTimeoutBuffer = 0 } = server ?? {};
  return new Promise(resolved => void clock.after(keepAliveTimeout + keepAliveTimeoutBuffer, resolved));
}
