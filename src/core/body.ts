import type { Duplex } from 'node:stream';
import type { GatewayError } from './failure.ts';
import type { HeaderList } from './headers/header-list.ts';
import { whenKnown } from './when-known.ts';

/** How a body ended: passed on completely, failed at its source, or abandoned by its reader. */
export type BodyEnd = 'complete' | 'broken' | 'left';

/** The destination of a body: a client's response, a collector, a Readable. */
export interface Sink {
  /** Writes a chunk. Returns false if the source has to wait for `onDrain`. */
  write(chunk: Buffer): boolean;
  /**
   * @param trailers fields after the last byte (RFC 9110 §6.5): name, value, name, value, ... A sink without trailers
   * drops them.
   */
  end(last?: Buffer, trailers?: readonly string[]): void;
  onDrain(listener: () => void): void;
  /** The reader has disconnected, so nothing can be written any more. */
  onClose(listener: () => void): void;
}

/** A body in transfer. Exactly one reader reads it, once; a holder that does not read it must cancel it. */
export interface StreamBody {
  readonly kind: 'stream';
  /** In bytes, if the source announced it. */
  readonly length: number | undefined;
  /** The bytes that its reader has received so far, which shows progress to timeouts. */
  readonly passed: number;
  /** How it ended, if that is known without a listener. */
  readonly ended?: BodyEnd | undefined;
  /** Whether its reader waits for the source. Set for uploads. */
  readonly starved?: boolean;
  /**
   * Pipes every byte into the sink with backpressure and ends it; after a failure of the source the caller must destroy
   * the sink.
   */
  pipe(sink: Sink): BodyEnd | Promise<BodyEnd>;
  cancel(reason: GatewayError): void;
  /** Calls the listener once when the source ends, or at once if it has ended. */
  onEnd(listener: (end: BodyEnd) => void): void;
  /** The reason of the failure. */
  readonly failure: GatewayError | undefined;
}

/** A bidirectional connection after an upgrade. */
export interface Tunnel {
  readonly kind: 'tunnel';
  /** Joins the client's socket to the backend's; called once, after the 101 was written. */
  open(client: Duplex, head: Buffer): void;
  cancel(reason: GatewayError): void;
  onEnd(listener: () => void): void;
}

/** Copies of a stored body in content encodings. Each copy is made once and shared by all requests. */
export interface EncodedCopies {
  /** The copy if it exists, or else the result of `make`, which runs once for all concurrent requests. */
  of(encoding: string, make: (bytes: Buffer) => Promise<Buffer>): Buffer | Promise<Buffer>;
  /** The responses sent from the stored one, by the client's preferred content encoding. */
  readonly sent: Map<string, SentAs>;
}

/** A stored response as it is sent, without the fields of a single request. */
export interface SentAs {
  /** The stored fields. */
  readonly stem: HeaderList;
  readonly headers: HeaderList;
  readonly body: Body;
}

export interface BytesBody {
  readonly kind: 'bytes';
  readonly bytes: Buffer;
  /** Set for stored bytes that serve several responses. */
  readonly copies?: EncodedCopies;
}

export type Body = { readonly kind: 'none' } | BytesBody | StreamBody | Tunnel;

export const NO_BODY: Body = { kind: 'none' };
const EMPTY = Buffer.alloc(0);

export function bytesBody(bytes: Buffer): BytesBody {
  return { kind: 'bytes', bytes };
}

/** Cancels a body without a reader, which releases its permit and its socket. */
export function discard(body: Body, reason: GatewayError): void {
  if (body.kind === 'stream' || body.kind === 'tunnel') body.cancel(reason);
}

/** Whether a body is known to have ended: most small ones are complete before their headers are handled. */
export function isOver(body: Body): boolean {
  return body.kind === 'stream' ? body.ended !== undefined : body.kind !== 'tunnel';
}

/** Listens for the end of any body, including a tunnel; a body without a stream has already ended. */
export function whenEnded(body: Body, listener: (end: BodyEnd) => void): void {
  if (body.kind === 'stream') body.onEnd(listener);
  else if (body.kind === 'tunnel') body.onEnd(() => listener('complete'));
  else listener('complete');
}

/**
 * Reads a body into memory, sync if it is there already. @throws the error of `tooLarge` for a body longer than `limit`
 * bytes, and the source's own failure.
 */
export function collect(body: Body, limit: number, tooLarge: () => GatewayError): Buffer | Promise<Buffer> {
  if (body.kind === 'bytes') {
    if (body.bytes.length > limit) throw tooLarge();
    return body.bytes;
  }
  if (body.kind !== 'stream') return EMPTY;
  const collector = new Collector(limit);
  if (body.length !== undefined && body.length > limit) throw leftAlone(body, tooLarge());
  return whenKnown(body.pipe(collector), () => {
    if (collector.overflown) throw leftAlone(body, tooLarge());
    if (body.failure !== undefined) throw body.failure;
    return collector.bytes();
  });
}

function leftAlone(body: StreamBody, failure: GatewayError): GatewayError {
  body.cancel(failure);
  return failure;
}

class Collector implements Sink {
  overflown = false;
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #close: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  write(chunk: Buffer): boolean {
    if (this.overflown) return true;
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size > this.#limit) {
      this.overflown = true;
      this.#close?.();
    }
    return true;
  }

  end(last?: Buffer): void {
    if (last !== undefined) this.write(last);
  }

  onDrain(): void {}

  onClose(listener: () => void): void {
    this.#close = listener;
  }

  bytes(): Buffer {
    const first = this.#chunks[0];
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#size);
  }
}
