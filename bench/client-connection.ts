import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ResponseEnd } from './response-end.ts';

/** Connections opened at a time, because an overflowing backlog costs seconds that distort the result. */
const OPENED_TOGETHER = 50;

interface Waiting {
  readonly bytes: string;
  readonly status: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * A persistent connection for one request at a time. Servers close connections that are idle or have served a number of
 * requests: it is then opened again, and a request without a single byte of a response is sent again.
 */
export class ClientConnection {
  readonly #port: number;
  readonly #end = new ResponseEnd();
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;
  /** Whether a response has arrived on this socket: only then may the server have closed it as idle. */
  #isUsed = false;

  private constructor(port: number) {
    this.#port = port;
  }

  static async open(port: number): Promise<ClientConnection> {
    const connection = new ClientConnection(port);
    await once(connection.#connect(), 'connect');
    return connection;
  }

  /** Resolves with the last byte of the response. */
  ask(bytes: string, status: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { bytes, status, resolve, reject };
      this.#end.expect(status);
      (this.#socket ?? this.#connect()).write(bytes);
    });
  }

  /** The next request opens it again. */
  close(): void {
    this.#socket?.removeAllListeners('close').destroy();
    this.#socket = undefined;
  }

  #connect(): Socket {
    const socket = connect(this.#port, '127.0.0.1').setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed(socket));
    this.#socket = socket;
    this.#isUsed = false;
    return socket;
  }

  #hear(chunk: Buffer): void {
    const waiting = this.#waiting;
    try {
      if (waiting === undefined || !this.#end.take(chunk)) return;
    } catch (error) {
      this.#waiting = undefined;
      waiting?.reject(error as Error);
      return;
    }
    this.#isUsed = true;
    this.#waiting = undefined;
    if (this.#end.closes) this.close();
    waiting.resolve();
  }

  #closed(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (this.#isUsed && !this.#end.hasBegun) this.#connect().write(waiting.bytes);
    else waiting.reject(new Error(`the server on port ${this.#port} closed a connection within a response`));
  }
}

export async function openTogether(port: number, count: number): Promise<readonly ClientConnection[]> {
  const opened: ClientConnection[] = [];
  while (opened.length < count) {
    const more = Math.min(OPENED_TOGETHER, count - opened.length);
    opened.push(...(await Promise.all(Array.from({ length: more }, () => ClientConnection.open(port)))));
  }
  return opened;
}
