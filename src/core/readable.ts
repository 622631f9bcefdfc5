import { Readable } from 'node:stream';
import type { Sink, StreamBody } from './body.ts';

/** Feeds a Readable from a body with backpressure. The body is not read before the first read of the Readable. */
export class BodyFeed {
  readonly #body: StreamBody;
  readonly #readable: Readable;
  #begun = false;
  #drained: (() => void) | undefined;
  #closed: (() => void) | undefined;

  constructor(body: StreamBody, readable: Readable) {
    this.#body = body;
    this.#readable = readable;
  }

  /** Called by the Readable's `_read`. */
  read(): void {
    if (this.#begun) {
      this.#drained?.();
      return;
    }
    this.#begun = true;
    void Promise.resolve(this.#body.pipe(this.#sink())).then(end => {
      if (end !== 'complete') this.#readable.destroy(this.#body.failure);
    });
  }

  /** Called by the Readable's `_destroy`; an unread body stays untouched. */
  close(): void {
    if (this.#begun) this.#closed?.();
  }

  #sink(): Sink {
    const readable = this.#readable;
    return {
      write: chunk => readable.push(chunk),
      end: last => {
        if (last !== undefined) readable.push(last);
        readable.push(null);
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

/** A body as a Readable, for libraries that need one. */
export class BodyReadable extends Readable {
  readonly #feed: BodyFeed;

  constructor(body: StreamBody) {
    super();
    this.#feed = new BodyFeed(body, this);
  }

  override _read(): void {
    this.#feed.read();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#feed.close();
    done(error);
  }
}
