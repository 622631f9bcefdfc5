import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type Reading, type ReadRequest, readRequests } from './reference.ts';

/** A backend that parses strictly, records every request and responds to it. */
export class RecordingBackend implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #seen: ReadRequest[] = [];
  #broken: string[] = [];

  private constructor() {
    this.#server = createServer(socket => this.#serve(socket));
  }

  static async start(): Promise<RecordingBackend> {
    const backend = new RecordingBackend();
    await new Promise<void>(resolve => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The complete requests since the last call, and the malformed ones. */
  take(): { readonly seen: readonly ReadRequest[]; readonly broken: readonly string[] } {
    const taken = { seen: this.#seen, broken: this.#broken };
    this.#seen = [];
    this.#broken = [];
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let bytes = '';
    socket.on('data', chunk => {
      bytes += chunk.toString('latin1');
      const reading = readRequests(bytes);
      bytes = bytes.slice(reading.consumed);
      this.#record(reading, bytes);
      for (const { method } of reading.requests) socket.write(respondTo(method));
      if (reading.end === 'closed') socket.end();
      if (reading.end === 'malformed') socket.destroy();
    });
  }

  #record({ requests, end }: Reading, rest: string): void {
    this.#seen.push(...requests);
    if (end === 'malformed') this.#broken.push(rest);
  }
}

function respondTo(method: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`;
}
