import type { BodyEnd, Sink, StreamBody } from '../core/body.ts';
import { GatewayError } from '../core/failure.ts';
import type { ContentEncoding, Encoder } from './content-encoding.ts';

/**
 * A body that is encoded while it streams, with backpressure from its reader through the encoder to its source. A
 * failure is kept: the encoder never completes a stream whose source failed.
 */
export class EncodedBody implements StreamBody {
  readonly kind = 'stream';
  readonly length = undefined;
  readonly #body: StreamBody;
  readonly #encoding: ContentEncoding;
  readonly #trailersOf: (trailers: readonly string[]) => readonly string[];
  #broken: GatewayError | undefined;
  #leave: (() => void) | undefined;

  /** @param trailersOf the trailers that apply to the encoded body. */
  constructor(
    body: StreamBody,
    encoding: ContentEncoding,
    trailersOf: (trailers: readonly string[]) => readonly string[],
  ) {
    this.#body = body;
    this.#encoding = encoding;
    this.#trailersOf = trailersOf;
  }

  get failure(): GatewayError | undefined {
    return this.#broken ?? this.#body.failure;
  }

  get passed(): number {
    return this.#body.passed;
  }

  pipe(sink: Sink): Promise<BodyEnd> {
    const encoder = this.#encoding.stream();
    return new Promise(resolve => {
      const stop = (end: BodyEnd): void => {
        encoder.destroy();
        resolve(end);
      };
      const fail = (cause: unknown): void => {
        this.#broken = new GatewayError('gateway.error', 'The response cannot be encoded', { cause });
        this.#body.cancel(this.#broken);
        stop('broken');
      };
      const entrance = new Entrance(encoder, this.#encoding.flush, sink);
      encoder.on('data', (chunk: Buffer) => {
        if (!sink.write(chunk)) encoder.pause();
      });
      encoder.on('end', () => {
        const { trailers } = entrance;
        sink.end(undefined, trailers === undefined ? undefined : this.#trailersOf(trailers));
        stop('complete');
      });
      encoder.on('error', fail);
      sink.onDrain(() => encoder.resume());
      // The source may have ended already, so only the encoder has to stop.
      sink.onClose(() => stop('left'));
      this.#leave = () => stop('left');
      Promise.resolve(this.#body.pipe(entrance)).then(end => {
        if (end !== 'complete') stop(end);
      }, fail);
    });
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
    this.#leave?.();
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#body.onEnd(listener);
  }
}

/** Passes the source's bytes into the encoder and flushes it whenever the source pauses. */
class Entrance implements Sink {
  trailers: readonly string[] | undefined;
  readonly #encoder: Encoder;
  readonly #kind: number;
  readonly #reader: Sink;
  #owed = false;
  readonly #flush = (): void => {
    const encoder = this.#encoder;
    // The source has not paused if more bytes wait to be encoded.
    if (!this.#owed || encoder.writableLength > 0 || encoder.writableEnded || encoder.destroyed) return;
    this.#owed = false;
    encoder.flush(this.#kind);
  };
  // After this turn of the event loop, in which the source may write again.
  readonly #encoded = (): void => void setImmediate(this.#flush);

  /** @param flush the kind of flush of the encoder's content encoding. */
  constructor(encoder: Encoder, flush: number, reader: Sink) {
    this.#encoder = encoder;
    this.#kind = flush;
    this.#reader = reader;
  }

  write(chunk: Buffer): boolean {
    this.#owed = true;
    return this.#encoder.write(chunk, this.#encoded);
  }

  end(last?: Buffer, trailers?: readonly string[]): void {
    this.trailers = trailers;
    if (last === undefined) this.#encoder.end();
    else this.#encoder.end(last);
  }

  onDrain(listener: () => void): void {
    this.#encoder.on('drain', listener);
  }

  onClose(listener: () => void): void {
    this.#reader.onClose(listener);
  }
}
