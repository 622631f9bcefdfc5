import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { RequestLog, type SeenRequest } from './request-log.ts';
import { type BackendResponse, type Handlers, respond, write } from './response.ts';

export const CHAOS_MODES = ['ok', 'slow', 'failing', 'dead'] as const;
export type ChaosMode = (typeof CHAOS_MODES)[number];

const SLOW_MS = 1_200;
const BROKEN: BackendResponse = { status: 503, json: { error: 'broken on purpose' } };
const FAULT: BackendResponse = { status: 500, json: { error: 'a fault in the backend itself' } };

export interface Backend {
  readonly name: string;
  readonly url: string;
  readonly chaos: ChaosMode;
  /** The requests it received, oldest first, without the health checks; the last 5,000. */
  readonly requests: readonly SeenRequest[];
  /** Changes of mode happen one after the other, in the order of the calls. */
  become(mode: ChaosMode): Promise<void>;
  /** Closes the port and every open socket, so that a connect is refused. */
  kill(): Promise<void>;
  /** Listens on the same port again. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly name: string;
  readonly handlers: Handlers;
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Called when the mode changes: a backend with long responses ends them here. */
  readonly onChaos?: (mode: ChaosMode) => void;
  readonly onClose?: () => void;
}

export async function startBackend(options: BackendOptions): Promise<Backend> {
  const backend = new HttpBackend(options);
  await backend.revive();
  return backend;
}

class HttpBackend implements Backend {
  readonly name: string;
  chaos: ChaosMode = 'ok';
  readonly #options: BackendOptions;
  readonly #log = new RequestLog();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port = 0;
  #change: Promise<void> = Promise.resolve();

  constructor(options: BackendOptions) {
    this.name = options.name;
    this.#options = options;
    // The gateway closes idle connections first: a request never meets a connection that the backend is just closing.
    this.#server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket: Socket) => this.#track(socket));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get requests(): readonly SeenRequest[] {
    return this.#log.requests;
  }

  become(mode: ChaosMode): Promise<void> {
    return this.#inTurn(async () => {
      await (mode === 'dead' ? this.#stop() : this.#listen());
      this.chaos = mode;
      if (mode !== 'dead') this.#options.onChaos?.(mode);
    });
  }

  kill(): Promise<void> {
    return this.become('dead');
  }

  revive(): Promise<void> {
    return this.become('ok');
  }

  async close(): Promise<void> {
    this.#options.onClose?.();
    await this.kill();
  }

  // A server that listens again before it has closed emits no `close`, and one that listens twice throws.
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#change.then(change);
    this.#change = done.catch(() => undefined);
    return done;
  }

  async #stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #listen(): Promise<void> {
    if (this.#server.listening) return;
    const listening = once(this.#server, 'listening');
    this.#server.listen(this.#port, '127.0.0.1');
    await listening;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Server', `internal/${this.name}`);
    response.setHeader('X-Powered-By', 'shop-backend/2.3');
    // An instance that is 'failing' stays ready: only its responses are errors.
    if (request.url === '/readyz') return write(response, { json: { ready: true } });
    this.#log.add(request);
    await this.#lag();
    write(response, this.chaos === 'failing' ? BROKEN : await this.#respond(request));
  }

  async #respond(request: IncomingMessage): Promise<BackendResponse> {
    try {
      return await respond(this.#options.handlers, request);
    } catch (thrown) {
      console.error(`${this.name} ${request.method} ${request.url}:`, thrown);
      return FAULT;
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    this.#log.add(request);
    await this.#lag();
    const { upgrade } = this.#options;
    if (upgrade && this.chaos !== 'failing') return upgrade(request, socket, head);
    const status = upgrade ? '503 Service Unavailable' : '404 Not Found';
    socket.end(`HTTP/1.1 ${status}\r\nServer: internal/${this.name}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }

  async #lag(): Promise<void> {
    if (this.chaos === 'slow') await delay(SLOW_MS);
  }
}
