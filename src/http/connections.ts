import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Clock } from '../core/ports/clock.ts';

/** A connection that brought nothing for so long is not one whose next request is just on its way. */
const RESTING_MS = 100;

/** How long a client may take to see that its connection ended. */
const HANGING_UP_MS = 500;

/** The connections of a server, so that a drain can end the idle ones and leave the busy ones alone. */
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

  /**
   * Ends every connection that carries no request and brings none for a moment: its next one would be answered by what
   * is going.
   */
  async endResting(): Promise<void> {
    const before = this.#resting();
    if (before.size === 0) return;
    await this.#moment();
    await this.#ended(
      [...this.#resting()].filter(([socket, bytes]) => before.get(socket) === bytes).map(([socket]) => socket),
    );
  }

  /**
   * Ends each connection when it has carried no request and brought nothing for a moment. Resolves when every
   * connection is gone, but for those whose client does not hang up. A connection between two requests is waited for,
   * too: its last response promised that it stays.
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

  /** The connections that carry no request, with the bytes that each has brought. */
  #resting(): ReadonlyMap<Socket, number> {
    return new Map([...this.#sockets].filter(isResting).map(socket => [socket, socket.bytesRead]));
  }

  /**
   * Waits, and then for what has arrived in the meantime to be read: a process that had no CPU finds its timers due
   * before it reads.
   */
  #moment(): Promise<void> {
    return new Promise(resolve => void this.#clock.after(RESTING_MS, () => setImmediate(resolve)));
  }

  /**
   * Resolves when the clients have hung up too, so that none of them takes such a connection for a good one; some never
   * do.
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

/** Node keeps the response that a connection is busy with in this field, as its own shutdown reads it. */
function isResting(socket: Socket): boolean {
  return !Reflect.get(socket, '_httpMessage') && !socket.writableEnded;
}

/** Resolves when the last connection is gone, tunnels included. */
export function stopAccepting(server: Server | undefined): Promise<void> {
  if (server?.listening !== true) return Promise.resolve();
  // The HTTP server's own close ends idle connections at once: with them a request that is on its way, and a response
  // whose last
  // bytes still wait for a slow client.
  return new Promise(resolved => void NetServer.prototype.close.call(server, () => resolved()));
}

/** After that Node itself has ended every connection that was idle before. */
export function keepAliveOver(server: Server | undefined, clock: Clock): Promise<void> {
  const { keepAliveTimeout = 0, keepAliveTimeoutBuffer = 0 } = server ?? {};
  return new Promise(resolved => void clock.after(keepAliveTimeout + keepAliveTimeoutBuffer, resolved));
}
