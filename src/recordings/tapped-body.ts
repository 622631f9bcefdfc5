import type { BodyEnd, Sink, StreamBody } from '../core/body.ts';
import type { GatewayError } from '../core/failure.ts';

/** Sees the bytes of a body on their way to its reader. */
export interface BodyTap {
  chunk(bytes: Buffer): void;
  /** Called once: `complete` behind the last byte, else when the body ended before it. */
  ended(end: BodyEnd, trailers: readonly string[]): void;
}

const NONE: readonly string[] = [];

/** A body that shows what its reader gets. It keeps no bytes and changes no timing. */
export class TappedBody implements StreamBody {
  readonly kind = 'stream';
  readonly #body: StreamBody;
  readonly #tap: BodyTap;
  #isOver = false;

  constructor(body: StreamBody, tap: BodyTap) {
    this.#body = body;
    this.#tap = tap;
    // A complete source may still have bytes that wait for the reader.
    body.onEnd(end => end !== 'complete' && this.#over(end, NONE));
  }

  get length(): number | undefined {
    return this.#body.length;
  }

  get passed(): number {
    return this.#body.passed;
  }

  get ended(): BodyEnd | undefined {
    return this.#body.ended;
  }

  get starved(): boolean {
    return this.#body.starved === true;
  }

  get failure(): GatewayError | undefined {
    return this.#body.failure;
  }

  pipe(sink: Sink): BodyEnd | Promise<BodyEnd> {
    return this.#body.pipe({
      write: chunk => {
        this.#tap.chunk(chunk);
        return sink.write(chunk);
      },
      end: (last, trailers) => {
        if (last !== undefined) this.#tap.chunk(last);
        this.#over('complete', trailers ?? NONE);
        sink.end(last, trailers);
      },
      onDrain: listener => sink.onDrain(listener),
      onClose: listener => sink.onClose(listener),
    });
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
    // The source was complete already, but its reader never came for it.
    this.#over('left', NONE);
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#body.onEnd(listener);
  }

  #over(end: BodyEnd, trailers: readonly string[]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tap.ended(end, trailers);
  }
}
