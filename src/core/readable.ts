import { Readable } from 'node:stream';
import type { Sink, StreamBody } from './body.ts';

/** A body as a Readable, for libraries that want one. Nothing is read from the source before the first read. */
export class BodyReadable extends Readable {
  /** Whether anybody has begun to read: until then the body is untouched and may be read by somebody else. */
  begun = false;
  readonly #body: StreamBody;
  #drained: (() => void) | undefined;
  #closed: (() => void) | undefined;

  constructor(body: StreamBody) {
    super();
    this.#body = body;
  }

  override _read(): void {
    if (this.begun) {
      this.#drained?.();
      return;
    }
    this.begun = true;
    void this.#body.pipe(this.sink()).then(end => {
      if (end !== 'complete') this.destroy(this.#body.failure);
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.begun) this.#closed?.();
    done(error);
  }

  private sink(): Sink {
    return {
      write: chunk => this.push(chunk),
      end: last => {
        if (last !== undefined) this.push(last);
        this.push(null);
      },
      onDrain: listener => {
        this.#drained = listener;
      },
      onClose: listener => {
        this.#closed = listener;
      },
    };
  }
}
