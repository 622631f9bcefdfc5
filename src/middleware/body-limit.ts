import type { Body, BodyEnd, Sink, StreamBody } from '../core/body.ts';
import { discard } from '../core/body.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

/**
 * Limits the request body. Too large a Content-Length is rejected at once, a chunked body as soon as it exceeds the
 * limit.
 */
export function limits(max: number): Stage {
  return next => x => {
    const { body } = x;
    if (body.kind === 'stream' && body.length === undefined) {
      return next(x.with({ body: new BoundedBody(body, max) }));
    }
    if (lengthOf(body) <= max) return next(x);
    const failure = tooLarge(max);
    discard(body, failure);
    throw failure;
  };
}

function lengthOf(body: Body): number {
  if (body.kind === 'bytes') return body.bytes.length;
  return body.kind === 'stream' ? (body.length ?? 0) : 0;
}

function tooLarge(max: number): GatewayError {
  return new GatewayError('request.body_too_large', `The body is larger than ${max} bytes`);
}

/** A body of unknown length that fails when it grows too large; its reader never gets bytes beyond the limit. */
class BoundedBody implements StreamBody {
  readonly kind = 'stream';
  readonly length = undefined;
  readonly #body: StreamBody;
  readonly #max: number;

  constructor(body: StreamBody, max: number) {
    this.#body = body;
    this.#max = max;
  }

  get failure(): GatewayError | undefined {
    return this.#body.failure;
  }

  get passed(): number {
    return this.#body.passed;
  }

  get starved(): boolean {
    return this.#body.starved === true;
  }

  async pipe(sink: Sink): Promise<BodyEnd> {
    const end = await this.#body.pipe(this.#counted(sink));
    return end === 'left' && this.failure?.code === 'request.body_too_large' ? 'broken' : end;
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#body.onEnd(listener);
  }

  #counted(sink: Sink): Sink {
    let size = 0;
    const fits = (chunk: Buffer): boolean => {
      size += chunk.length;
      if (size > this.#max) this.#body.cancel(tooLarge(this.#max));
      return size <= this.#max;
    };
    return {
      write: chunk => (fits(chunk) ? sink.write(chunk) : true),
      end: last => {
        if (last === undefined || fits(last)) sink.end(last);
      },
      onDrain: listener => sink.onDrain(listener),
      onClose: listener => sink.onClose(listener),
    };
  }
}
