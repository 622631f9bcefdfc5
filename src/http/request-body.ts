import type { IncomingMessage } from 'node:http';
import { type Body, type BodyEnd, bytesBody, NO_BODY, type Sink, type StreamBody } from '../core/body.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import { type BodySource, PushBody } from '../core/push-body.ts';
import { type MinBodyRate, RateWatch } from './min-body-rate.ts';
import type { RequestHead } from './request-head.ts';

/** A larger body does not come in one piece with its head. */
const ONE_PIECE = 64 * 1024;

/**
 * Whether the body may have come in one piece with the head, as most small ones do: Node passes it on after the head,
 * so it is there one tick later. Read as a whole it costs half as much as a stream, and can be sent more than once.
 */
export function isBodyDue({ method, complete, headers }: IncomingMessage): boolean {
  // Reading a body that waits for a 100 Continue sends one, which a guard may refuse.
  if (method === 'GET' || method === 'HEAD' || complete || headers.expect !== undefined) return false;
  const length = headers['content-length'];
  const bytes = Number(length ?? 0);
  return bytes > 0 && bytes <= ONE_PIECE;
}

/** The body of a client's request: its bytes if all of them are here, or else a stream that is not yet read. */
export function requestBody(req: IncomingMessage, { length, encoding }: RequestHead, rate: MinBodyRate): Body {
  const chunked = encoding !== undefined;
  // RFC 9112 §6.1: another transfer coding than chunked would be passed on incorrectly.
  if (chunked && encoding.toLowerCase() !== 'chunked') throw unknownEncoding();
  // `00` is a length, too.
  if (!chunked && (length === undefined || Number(length) === 0)) return NO_BODY;
  // A body parser before the gateway has read bytes that a backend or a schema needs.
  if (req.readableDidRead) throw bodyTaken();
  if (isHere(req, length)) return bytesBody(req.read());
  return new RequestBody(req, chunked ? undefined : Number(length), rate);
}

function isHere({ readableLength, readableEncoding, headers }: IncomingMessage, length: string | undefined): boolean {
  return readableLength === Number(length) && readableEncoding === null && headers.expect === undefined;
}

function unknownEncoding(): GatewayError {
  return new GatewayError('request.malformed', 'This transfer coding is not understood', { status: 501 });
}

function bodyTaken(): GatewayError {
  const remedy =
    'middleware before Portico has read the body: put body parsers on your own routes, not before the gateway';
  return new GatewayError('gateway.body_taken', 'The body was read before it reached the gateway', {
    cause: new Error(remedy),
  });
}

const TOO_SLOW = precomputed('request.timeout', 'The body came too slowly');

class RequestBody implements StreamBody, BodySource {
  readonly kind = 'stream';
  readonly length: number | undefined;
  readonly #req: IncomingMessage;
  readonly #body: PushBody;
  readonly #rate: MinBodyRate;
  #watch: RateWatch | undefined;
  #begun = false;

  constructor(req: IncomingMessage, length: number | undefined, rate: MinBodyRate) {
    this.#req = req;
    this.#rate = rate;
    this.length = length;
    this.#body = new PushBody(this, length);
  }

  get failure(): GatewayError | undefined {
    return this.#body.failure;
  }

  get passed(): number {
    return this.#body.passed;
  }

  get starved(): boolean {
    return this.#body.starved;
  }

  pipe(sink: Sink): BodyEnd | Promise<BodyEnd> {
    this.#start();
    return this.#body.pipe(sink);
  }

  cancel(reason: GatewayError): void {
    this.#body.cancel(reason);
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#body.onEnd(listener);
  }

  pause(): void {
    this.#req.pause();
    this.#watch?.pause();
  }

  resume(): void {
    this.#req.resume();
    this.#watch?.resume();
  }

  // After an early response the rest is read and discarded, because otherwise the next request on this connection would
  // not be seen.
  abort(): void {
    this.#watch?.stop();
    this.#req.resume();
  }

  #start(): void {
    if (this.#begun) throw new GatewayError('gateway.body_taken', 'The body was read already');
    this.#begun = true;
    const req = this.#req;
    const watch = new RateWatch(this.#rate, () => this.#body.fail(TOO_SLOW));
    this.#watch = watch;
    req.on('data', (chunk: Buffer) => {
      watch.count(chunk.length);
      this.#body.push(chunk);
    });
    req.on('end', () => {
      watch.stop();
      this.#body.finish();
    });
    req.on('close', () => {
      watch.stop();
      if (!req.complete)
        this.#body.fail(new GatewayError('client.gone', 'The client left before its body was complete'));
    });
  }
}
