import type { BodyEnd, Sink, StreamBody } from '../../../core/body.ts';
import { type GatewayError, precomputed } from '../../../core/failure.ts';

const NOBODY_LEFT = precomputed('client.gone', 'The response has no reader any more');

/** The end of a body for all its readers. */
export interface BodyReadEnd {
  readonly end: BodyEnd;
  readonly failure: GatewayError | undefined;
  readonly trailers: readonly string[] | undefined;
}

/** A body from the perspective of its readers. */
export interface ReadAlong {
  readonly length: number | undefined;
  /** Undefined before the end. */
  readonly ending: BodyReadEnd | undefined;
  /** The chunk with that index; undefined if it has not arrived yet. */
  at(place: number): Buffer | undefined;
  /** A reader has read a chunk. */
  moved(): void;
  left(reader: BodyReader): void;
}

/** One reader of a shared body, which reads every chunk from the first one at its own pace. */
export class BodyReader implements StreamBody {
  readonly kind = 'stream';
  readonly length: number | undefined;
  failure: GatewayError | undefined;
  passed = 0;
  /** The number of chunks read. */
  place = 0;
  readonly #shared: ReadAlong;
  readonly #delivered = Promise.withResolvers<BodyEnd>();
  #sink: Sink | undefined;
  #blocked = false;
  #end: BodyEnd | undefined;
  #listeners: ((end: BodyEnd) => void)[] = [];

  constructor(shared: ReadAlong) {
    this.#shared = shared;
    this.length = shared.length;
  }

  pipe(sink: Sink): Promise<BodyEnd> {
    if (this.#end === undefined) {
      this.#sink = sink;
      sink.onClose(() => this.cancel(NOBODY_LEFT));
      sink.onDrain(() => {
        this.#blocked = false;
        this.pump();
      });
      this.pump();
    }
    return this.#delivered.promise;
  }

  cancel(reason: GatewayError): void {
    if (this.#end !== undefined) return;
    this.failure = reason;
    this.#finish('left');
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    if (this.#end === undefined) this.#listeners.push(listener);
    else listener(this.#end);
  }

  /** Writes new chunks as far as the sink accepts them. */
  pump(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#end !== undefined) return;
    const before = this.place;
    for (
      let chunk = this.#shared.at(this.place);
      chunk !== undefined && !this.#blocked && this.#end === undefined;
      chunk = this.#shared.at(this.place)
    ) {
      this.place++;
      this.passed += chunk.length;
      this.#blocked = !sink.write(chunk);
    }
    this.#finishIfEnded(sink);
    if (this.place !== before) this.#shared.moved();
  }

  #finishIfEnded(sink: Sink): void {
    const ending = this.#shared.ending;
    if (ending === undefined || this.#end !== undefined) return;
    if (ending.end === 'complete') {
      if (this.#shared.at(this.place) !== undefined) return;
      sink.end(undefined, ending.trailers);
    } else this.failure = ending.failure;
    this.#finish(ending.end === 'complete' ? 'complete' : 'broken');
  }

  #finish(end: BodyEnd): void {
    this.#end = end;
    this.#shared.left(this);
    this.#delivered.resolve(end);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(end);
  }
}
