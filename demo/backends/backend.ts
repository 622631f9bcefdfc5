import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Answerers, answerFor, write } from './answer.ts';
import { Ledger, type SeenRequest } from './ledger.ts';

export const CHAOS_MODES = ['ok', 'slow', 'failing', 'dead'] as const;
export type ChaosMode = (typeof CHAOS_MODES)[number];

const SLOW_MS = 1_200;
const BROKEN: Answer = { status: 503, json: { error: 'broken on purpose' } };

export interface Backend {
  readonly name: string;
  readonly url: string;
  readonly chaos: ChaosMode;
  /** What was asked, oldest first, without the health checks; the last 5,000. */
  readonly requests: readonly SeenRequest[];
  become(mode: ChaosMode): Promise<void>;
  /** Closes the port and every open socket, so that a connect is refused. */
  kill(): Promise<void>;
  /** Listens on the same port again. */
  revive(): Promise<void>;
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly name: string;
  readonly answers: Answerers;
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Called when the mode changes: whoever keeps long answers open ends them here. */
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
  readonly #ledger = new Ledger();
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #port = 0;

  constructor(options: BackendOptions) {
    this.name = options.name;
    this.#options = options;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('connection', (socket: Socket) => this.#track(socket));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get requests(): readonly SeenRequest[] {
    return this.#ledger.requests;
  }

  async become(mode: ChaosMode): Promise<void> {
    if (mode === 'dead') return this.kill();
    await this.revive();
    this.chaos = mode;
    this.#options.onChaos?.(mode);
  }

  async kill(): Promise<void> {
    this.chaos = 'dead';
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async revive(): Promise<void> {
    this.chaos = 'ok';
    if (this.#server.listening) return;
    const listening = once(this.#server, 'listening');
    this.#server.listen(this.#port, '127.0.0.1');
    await listening;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#options.onClose?.();
    await this.kill();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Server', `internal/${this.name}`);
    response.setHeader('X-Powered-By', 'shop-backend/2.3');
    // A machine that is 'failing' stays ready: its answers are sick, its process is not.
    if (request.url === '/readyz') return write(response, { json: { ready: true } });
    this.#ledger.note(request);
    await this.#lag();
    write(response, this.chaos === 'failing' ? BROKEN : await answerFor(this.#options.answers, request));
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    this.#ledger.note(request);
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
