import type { Duplex } from 'node:stream';
import type { GatewayError } from './failure.ts';
import type { HeaderList } from './headers/header-list.ts';

/** How a body ended: all of it passed on, its source died in the middle, or its reader left first. */
export type BodyEnd = 'complete' | 'broken' | 'left';

/** Where the bytes of a body go: a client's response, a collector, a Readable. */
export interface Sink {
  /** Takes a chunk. Returns false where the source has to wait until `onDrain`. */
  write(chunk: Buffer): boolean;
  /**
   * @param trailers fields behind the last byte (RFC 9110 §6.5): name, value, name, value, ... A sink that has no place
   * for them drops them.
   */
  end(last?: Buffer, trailers?: readonly string[]): void;
  onDrain(listener: () => void): void;
  /** The reader is gone: there is nothing to write to any more. */
  onClose(listener: () => void): void;
}

/** A body on its way. Exactly one reader reads it, once; a holder that does not read it must cancel it. */
export interface StreamBody {
  readonly kind: 'stream';
  /** In bytes, where the source announced it. */
  readonly length: number | undefined;
  /** The bytes that its reader has received so far, so that a wait for the other end can see progress. */
  readonly passed: number;
  /** Whether its reader would take more than its source has, so that the wait is for the source. Set for uploads. */
  readonly starved?: boolean;
  /**
   * Moves every byte into the sink with back-pressure and ends it; a broken source leaves the sink open for the caller
   * to destroy.
   */
  pipe(sink: Sink): Promise<BodyEnd>;
  cancel(reason: GatewayError): void;
  /** Calls the listener once, when the source has ended, or at once if it has ended already. */
  onEnd(listener: (end: BodyEnd) => void): void;
  /** Why it broke. */
  readonly failure: GatewayError | undefined;
}

/** A connection of its own in both directions, after an upgrade. */
export interface Tunnel {
  readonly kind: 'tunnel';
  /** Joins the client's socket to the backend's; called once, after the 101 was written. */
  open(client: Duplex, head: Buffer): void;
  cancel(reason: GatewayError): void;
  onEnd(listener: () => void): void;
}

/** Copies of stored bytes in content encodings. Each copy is made once and shared by all requests. */
export interface EncodedCopies {
  /** The copy if it exists; else what `make` makes of the bytes, once for all concurrent requests. */
  of(encoding: string, make: (bytes: Buffer) => Promise<Buffer>): Buffer | Promise<Buffer>;
  /** What the stored response was sent as, by the content encoding that its client likes most. */
  readonly sent: Map<string, SentAs>;
}

/** A stored response as it is sent, without the fields of one use. */
export interface SentAs {
  /** The stored fields. */
  readonly stem: HeaderList;
  readonly headers: HeaderList;
  readonly body: Body;
}

export interface BytesBody {
  readonly kind: 'bytes';
  readonly bytes: Buffer;
  /** Where the bytes are stored and answered more than once. */
  readonly copies?: EncodedCopies;
}

export type Body = { readonly kind: 'none' } | BytesBody | StreamBody | Tunnel;

export const NO_BODY: Body = { kind: 'none' };
const EMPTY = Buffer.alloc(0);

export function bytesBody(bytes: Buffer): BytesBody {
  return { kind: 'bytes', bytes };
}

/** Cancels a body without a reader, so that its permit and its socket are released. */
export function discard(body: Body, reason: GatewayError): void {
  if (body.kind === 'stream' || body.kind === 'tunnel') body.cancel(reason);
}

/** Listens for the end of any body, a tunnel's too: those without a stream have ended already. */
export function whenEnded(body: Body, listener: (end: BodyEnd) => void): void {
  if (body.kind === 'stream') body.onEnd(listener);
  else if (body.kind === 'tunnel') body.onEnd(() => listener('complete'));
  else listener('complete');
}

/**
 * Turns a body into bytes. @throws what `tooLarge` makes for a body longer than `limit` bytes, and the source's own
 * failure.
 */
export async function collect(body: Body, limit: number, tooLarge: () => GatewayError): Promise<Buffer> {
  if (body.kind === 'bytes') {
    if (body.bytes.length > limit) throw tooLarge();
    return body.bytes;
  }
  if (body.kind !== 'stream') return EMPTY;
  const collector = new Collector(limit);
  if (body.length !== undefined && body.length > limit) collector.overflown = true;
  else await body.pipe(collector);
  if (collector.overflown) {
    const failure = tooLarge();
    body.cancel(failure);
    throw failure;
  }
  if (body.failure !== undefined) throw body.failure;
  return collector.bytes();
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
