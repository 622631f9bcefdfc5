import { connect, type Socket } from 'node:net';

/** Clients opened at a time: a gateway may queue or refuse a thousand at once. */
const OPENED_TOGETHER = 20;
/** Each event has one of it, and nothing else does. */
const MARK = '~'.charCodeAt(0);

/** Clients of an event stream or a WebSocket, who count their events. */
export class StreamClients {
  readonly #sockets: Socket[] = [];
  #missing = 0;
  #done: (() => void) | undefined;

  /** @param fields what the request has beside its host: `Upgrade` and its like for a WebSocket. */
  static async open(port: number, path: string, fields: string, count: number): Promise<StreamClients> {
    const clients = new StreamClients();
    const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${fields}\r\n`;
    for (let i = 0; i < count; i += OPENED_TOGETHER) {
      const more = Math.min(OPENED_TOGETHER, count - i);
      await Promise.all(Array.from({ length: more }, () => clients.#open(port, head)));
    }
    return clients;
  }

  get count(): number {
    return this.#sockets.length;
  }

  /** Resolves when all clients together have received this many events from now on. */
  received(events: number): Promise<void> {
    this.#missing = events;
    return new Promise(resolve => {
      this.#done = resolve;
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when the head of the response has arrived. */
  #open(port: number, head: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      socket.on('error', reject);
      socket.write(head);
      socket.once('data', (first: Buffer) => {
        const line = first.toString('latin1', 0, first.indexOf('\r\n'));
        if (!/^HTTP\/1.1 (200|101)/.test(line)) reject(new Error(`a stream was refused: ${line}`));
        socket.on('data', (chunk: Buffer) => this.#count(chunk));
        this.#sockets.push(socket);
        resolve();
      });
    });
  }

  #count(chunk: Buffer): void {
    for (let at = chunk.indexOf(MARK); at >= 0; at = chunk.indexOf(MARK, at + 1)) this.#missing--;
    if (this.#missing <= 0) this.#done?.();
  }
}
