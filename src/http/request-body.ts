import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Body, type BodyEnd, NO_BODY, type Sink, type StreamBody } from '../core/body.ts';
import { GatewayError } from '../core/failure.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { PushBody } from '../core/push-body.ts';

/** The body of a client's request; nothing of it is read, and no 100 Continue sent, before somebody wants it. */
export function requestBody(req: IncomingMessage, raw: HeaderList, res: ServerResponse, awaitsContinue: boolean): Body {
  const length = raw.get('content-length');
  const chunked = raw.has('transfer-encoding');
  if (!chunked && (length === undefined || length === '0')) return NO_BODY;
  // A parser before us has taken bytes that a backend would wait for, or that a schema should check.
  if (req.readableDidRead) throw bodyTaken();
  return new RequestBody(req, chunked ? undefined : Number(length), () => {
    if (awaitsContinue) res.writeContinue();
  });
}

function bodyTaken(): GatewayError {
  const remedy =
    'middleware before Portico has read the body: put body parsers on your own routes, not before the gateway';
  return new GatewayError('gateway.body_taken', 'The body was read before it reached the gateway', {
    cause: new Error(remedy),
  });
}

class RequestBody implements StreamBody {
  readonly kind = 'stream';
  readonly length: number | undefined;
  readonly #req: IncomingMessage;
  readonly #begin: () => void;
  readonly #body: PushBody;
  #begun = false;

  constructor(req: IncomingMessage, length: number | undefined, begin: () => void) {
    this.#req = req;
    this.length = length;
    this.#begin = begin;
    this.#body = new PushBody({ pause: () => req.pause(), resume: () => req.resume(), abort: () => {} }, length);
  }

  get failure(): GatewayError | undefined {
    return this.#body.failure;
  }

  pipe(sink: Sink): Promise<BodyEnd> {
    this.begin();
    return this.#body.pipe(sink);
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#body.onEnd(listener);
  }

  private begin(): void {
    if (this.#begun) throw new GatewayError('gateway.body_taken', 'The body was read already');
    this.#begun = true;
    const req = this.#req;
    this.#begin();
    req.on('data', (chunk: Buffer) => this.#body.push(chunk));
    req.on('end', () => this.#body.finish());
    req.on('close', () => {
      if (!req.complete)
        this.#body.fail(new GatewayError('client.gone', 'The client left before its body was complete'));
    });
  }
}
