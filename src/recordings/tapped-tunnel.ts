import { Duplex } from 'node:stream';
import type { Tunnel } from '../core/body.ts';
import type { GatewayError } from '../core/failure.ts';

/** Sees the bytes of both directions. */
export interface TunnelTap {
  fromClient(bytes: Buffer): void;
  fromBackend(bytes: Buffer): void;
  /** The backend ends its direction. */
  backendEnded(): void;
  /** Called once when the tunnel has ended. */
  closed(): void;
}

/** A tunnel that shows what passes. */
export class TappedTunnel implements Tunnel {
  readonly kind = 'tunnel';
  readonly #tunnel: Tunnel;
  readonly #tap: TunnelTap;

  constructor(tunnel: Tunnel, tap: TunnelTap) {
    this.#tunnel = tunnel;
    this.#tap = tap;
    tunnel.onEnd(() => tap.closed());
  }

  open(client: Duplex, head: Buffer): void {
    if (head.length > 0) this.#tap.fromClient(head);
    this.#tunnel.open(new TappedSocket(client, this.#tap), head);
  }

  cancel(reason: GatewayError): void {
    this.#tunnel.cancel(reason);
  }

  onEnd(listener: () => void): void {
    this.#tunnel.onEnd(listener);
  }
}

/** Stands between the client's end and the tunnel. */
class TappedSocket extends Duplex {
  readonly #client: Duplex;
  readonly #tap: TunnelTap;

  constructor(client: Duplex, tap: TunnelTap) {
    super({ allowHalfOpen: true });
    this.#client = client;
    this.#tap = tap;
    client.on('data', (chunk: Buffer) => {
      tap.fromClient(chunk);
      if (!this.push(chunk)) client.pause();
    });
    client.on('end', () => this.push(null));
    client.on('close', () => this.destroy());
    client.on('error', () => this.destroy());
  }

  override _read(): void {
    this.#client.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#tap.fromBackend(chunk);
    if (this.#client.write(chunk)) done();
    else this.#client.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#tap.backendEnded();
    this.#client.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // A backend that disconnects abruptly breaks the client's connection too.
    if (this.writableFinished) this.#client.end();
    else this.#client.destroy();
    done(error);
  }
}
