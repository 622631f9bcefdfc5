import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from './chance.ts';
import { portOf } from './port.ts';

/** The fault of a connection. Bytes are response bytes, counted from the start of the fault. */
export type Fault =
  | { readonly kind: 'none' }
  /** Refuses connections and resets open ones, like a killed process. */
  | { readonly kind: 'refuse' }
  /** Reads, passes nothing on and never responds. */
  | { readonly kind: 'blackhole' }
  /** Resets on the first request, which never reaches the backend. */
  | { readonly kind: 'hang-up' }
  /** Resets after that many bytes; 0 is before the response headers, after the backend has executed the request. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Ends the direction of the response after that many bytes, and keeps reading. */
  | { readonly kind: 'half-close'; readonly afterBytes: number }
  /** Ends both directions after that many bytes. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Delays every chunk of a response by that time, plus or minus the jitter. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs: number }
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number };

/** The fault of the connection with that number, at random or in turn. */
export type FaultPlan = (connection: number, chance: Chance) => Fault;

export const NO_FAULT: Fault = { kind: 'none' };

/** A TCP proxy before a backend that injects network faults. */
export class FaultProxy implements AsyncDisposable {
  /** Opened until now. */
  connections = 0;
  /** The peak of concurrent connections. */
  maxOpen = 0;
  readonly #bytes = { up: 0, down: 0 };
  readonly #backend: URL;
  readonly #chance: Chance;
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  #port = 0;
  #plan: FaultPlan = () => NO_FAULT;

  private constructor(backend: string, seed: number) {
    this.#backend = new URL(backend);
    this.#chance = new Chance(seed);
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#take(socket));
  }

  static async start(backend: string, seed = 1): Promise<FaultProxy> {
    const proxy = new FaultProxy(backend, seed);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `${this.#backend.protocol}//127.0.0.1:${this.#port}`;
  }

  /** From clients and to clients. */
  get bytes(): { readonly up: number; readonly down: number } {
    return this.#bytes;
  }

  get open(): number {
    return this.#passages.size;
  }

  /** Applies to open and to new connections from now on. */
  async become(fault: Fault | FaultPlan): Promise<void> {
    const plan: FaultPlan = typeof fault === 'function' ? fault : () => fault;
    this.#plan = plan;
    if (typeof fault !== 'function' && fault.kind === 'refuse') {
      await this.#close();
      return;
    }
    for (const passage of this.#passages) passage.suffer(plan(passage.number, this.#chance));
    if (!this.#server.listening) await this.#listen();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #take(client: Socket): void {
    const number = this.connections++;
    const fault = this.#plan(number, this.#chance);
    const passage = new Passage(client, connect(Number(this.#backend.port), this.#backend.hostname), {
      number,
      chance: this.#chance,
      bytes: this.#bytes,
    });
    passage.suffer(fault);
    this.#passages.add(passage);
    this.maxOpen = Math.max(this.maxOpen, this.open);
    client.once('close', () => this.#passages.delete(passage));
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        this.#port = portOf(this.#server);
        resolve();
      });
    });
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise(resolve => this.#server.close(resolve));
    for (const passage of this.#passages) passage.reset();
    await closed;
  }
}

interface Shared {
  readonly number: number;
  readonly chance: Chance;
  readonly bytes: { up: number; down: number };
}

/** A client connection and its backend connection. */
class Passage {
  readonly number: number;
  readonly #client: Socket;
  readonly #backend: Socket;
  readonly #shared: Shared;
  #fault: Fault = NO_FAULT;
  #sinceFault = 0;
  /** Nothing more from the backend is passed on. */
  #isEnded = false;

  constructor(client: Socket, backend: Socket, shared: Shared) {
    this.number = shared.number;
    this.#client = client;
    this.#backend = backend;
    this.#shared = shared;
    for (const socket of [client, backend]) socket.setNoDelay().on('error', () => this.reset());
    client.on('close', () => backend.destroy());
    this.#pump(client, piece => this.#ask(piece)).then(
      () => backend.end(),
      () => this.reset(),
    );
    this.#pump(backend, piece => this.#response(piece)).then(
      () => client.end(),
      () => this.reset(),
    );
  }

  suffer(fault: Fault): void {
    this.#fault = fault;
    this.#sinceFault = 0;
  }

  reset(): void {
    if (!this.#client.destroyed) this.#client.resetAndDestroy();
    this.#backend.destroy();
  }

  async #pump(from: Socket, pass: (piece: Buffer) => Promise<void>): Promise<void> {
    // The other direction continues when this one has ended.
    for await (const piece of from.iterator({ destroyOnReturn: false })) await pass(piece);
  }

  async #ask(piece: Buffer): Promise<void> {
    this.#shared.bytes.up += piece.length;
    if (this.#fault.kind === 'blackhole') return;
    if (this.#fault.kind === 'hang-up') this.reset();
    else await written(this.#backend, piece);
  }

  async #response(piece: Buffer): Promise<void> {
    if (this.#isEnded) return;
    const fault = this.#fault;
    switch (fault.kind) {
      case 'blackhole':
        return;
      case 'latency':
        await delay(Math.max(0, fault.ms + fault.jitterMs * (2 * this.#shared.chance.next() - 1)));
        return this.#send(piece);
      case 'throttle':
        return this.#trickle(piece, fault.bytesPerSecond);
      case 'reset':
      case 'half-close':
      case 'truncate':
        return this.#cut(piece, fault);
      default:
        return this.#send(piece);
    }
  }

  async #trickle(piece: Buffer, bytesPerSecond: number): Promise<void> {
    const step = Math.max(1, Math.floor(bytesPerSecond / TRICKLES_PER_SECOND));
    for (let at = 0; at < piece.length && !this.#client.destroyed; at += step) {
      await this.#send(piece.subarray(at, at + step));
      await delay(1_000 / TRICKLES_PER_SECOND);
    }
  }

  async #cut(piece: Buffer, { kind, afterBytes }: Extract<Fault, { afterBytes: number }>): Promise<void> {
    const room = afterBytes - this.#sinceFault;
    if (piece.length < room) return this.#send(piece);
    if (room > 0) await this.#send(piece.subarray(0, room));
    if (kind === 'reset') this.reset();
    else if (kind === 'truncate') this.#client.destroySoon();
    else {
      this.#client.end();
      this.#isEnded = true;
    }
  }

  #send(piece: Buffer): Promise<void> {
    this.#sinceFault += piece.length;
    this.#shared.bytes.down += piece.length;
    return written(this.#client, piece);
  }
}

const TRICKLES_PER_SECOND = 20;

/**
 * Resolves when the kernel has taken the chunk, so a slow reader pauses the writer. Chunks for a closed socket are
 * dropped.
 */
function written(socket: Socket, piece: Buffer): Promise<void> {
  if (!socket.writable) return Promise.resolve();
  return new Promise(resolve => socket.write(piece, () => resolve()));
}
