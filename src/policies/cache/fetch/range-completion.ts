import type { BodyEnd, Sink, StreamBody } from '../../../core/body.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { GatewayError } from '../../../core/failure.ts';
import { parseContentRange } from '../../../core/headers/byte-range.ts';
import type { Reply } from '../../../core/reply.ts';
import { freshenedHeaders } from '../http/validation.ts';
import type { StoredReply } from '../storage/entry.ts';

/** Whether the stored part is the first one and has a strong validator (RFC 9110 §8.8.1). */
export function canResume({ part, etag }: StoredReply): boolean {
  return part?.from === 0 && part.total !== undefined && etag?.startsWith('"') === true;
}

/** Requests the missing range, or the complete response if the representation has changed (RFC 9110 §13.1.5). */
export function resuming(request: Exchange, { body, etag = '' }: StoredReply): Exchange {
  return request.with({ headers: request.headers.concat(['Range', `bytes=${body.bytes.length}-`, 'If-Range', etag]) });
}

/** Combines the stored part with a 206 (RFC 9111 §3.4); undefined if they do not match. */
export function resumed(front: StoredReply, { headers, body }: Reply): Reply | undefined {
  const range = parseContentRange(headers.get('content-range'));
  const total = front.part?.total;
  const fits = range?.from === front.body.bytes.length && range.length === total && range.to + 1 === total;
  if (!fits || total === undefined || headers.get('etag') !== front.etag || body.kind !== 'stream') return undefined;
  const whole = freshenedHeaders(front.headers.without(OF_A_PIECE), headers.without(OF_A_PIECE), NONE);
  return {
    status: 200,
    headers: whole.concat(['Content-Length', String(total)]),
    body: new Continued(front.body.bytes, body, total),
  };
}

const OF_A_PIECE: ReadonlySet<string> = new Set(['content-range', 'content-length']);
const NONE: ReadonlySet<string> = new Set();

/** A body whose first bytes are already stored. */
class Continued implements StreamBody {
  readonly kind = 'stream';
  readonly length: number;
  readonly #requestHandler: Buffer;
  readonly #rest: StreamBody;

  constructor(front: Buffer, rest: StreamBody, length: number) {
    this.#requestHandler = front;
    this.#rest = rest;
    this.length = length;
  }

  get passed(): number {
    return this.#requestHandler.length + this.#rest.passed;
  }

  get failure(): GatewayError | undefined {
    return this.#rest.failure;
  }

  pipe(sink: Sink): BodyEnd | Promise<BodyEnd> {
    sink.write(this.#requestHandler);
    return this.#rest.pipe(sink);
  }

  cancel(reason: GatewayError): void {
    this.#rest.cancel(reason);
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    this.#rest.onEnd(listener);
  }
}
