import type { ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type Body, NO_BODY } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { GatewayError } from '../../core/failure.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import { isEventStream } from '../../core/headers/media-type.ts';
import type { Target } from '../../core/ports/transport.ts';
import { PushBody } from '../../core/push-body.ts';
import type { Reply } from '../../core/reply.ts';
import type { ReferencePosition } from '../response-sanitizer/references.ts';
import { failureOf, noStatus, stalled, unknownEncoding } from './failure-of.ts';
import { announcedLength, hasNoBody, hasUnknownEncoding, trailersOf } from './framing.ts';
import { type Blamed, headAsEdited } from './hooks.ts';
import { IdleWatch } from './idle-watch.ts';
import type { TransportParts, WaitingBody } from './parts.ts';
import { StandInRequest } from './stand-in-request.ts';
import { StandInResponse } from './stand-in-response.ts';

/** One HTTP request over http-proxy-middleware, settled from its events. */
export class HttpCall extends StandInRequest implements Blamed {
  readonly response = new StandInResponse(this);
  readonly #parts: TransportParts;
  readonly #x: Exchange;
  readonly #place: ReferencePosition;
  readonly #waiting: WaitingBody;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #body: PushBody | undefined;
  #idle: IdleWatch | undefined;
  #connected = false;
  #settled = false;

  constructor(parts: TransportParts, x: Exchange, target: Target, waiting: WaitingBody) {
    super(x, target, parts.clock);
    this.#parts = parts;
    this.#x = x;
    this.#place = { x, target };
    this.#waiting = waiting;
    x.cancellation.onCancel(this.#cancelled);
  }

  /** The request has a socket, which may still be connecting. */
  sent(request: ClientRequest): void {
    this.#request = request;
    if (this.#settled) {
      request.destroy();
      return;
    }
    request.on('information', ({ statusCode, rawHeaders }) => {
      if (statusCode !== 100) this.#x.earlyHints?.(statusCode, this.#head(rawHeaders));
    });
    // A protocol switch that the request did not ask for: node:http would close the connection without a reason.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      this.#stop(noStatus(this.#parts.service));
    });
    const { socket } = request;
    if (!(socket instanceof Socket) || !socket.connecting) this.#stands();
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => this.#stands());
  }

  /** The response headers have arrived and the hooks have run. */
  hasResponse(response: IncomingMessage): void {
    this.#response = response;
    if (this.#settled) return;
    if ((response.statusCode ?? 0) < 200) {
      this.#stop(noStatus(this.#parts.service));
      return;
    }
    if (hasUnknownEncoding(response.rawHeaders)) {
      this.#stop(unknownEncoding(this.#parts.service));
      return;
    }
    const own = this.response.response;
    if (own === undefined) this.#settle(() => this.#waiting.resolve(this.#replyTo(response)));
    else {
      this.#settle(() => this.#waiting.resolve(own));
      this.#abort();
    }
  }

  failed(error: unknown): void {
    const failure = failureOf(error, this.#parts.service, {
      sent: this.#connected,
      hasResponse: this.#response !== undefined,
    });
    const own = this.#settled ? undefined : this.response.response;
    if (own === undefined) this.#stop(failure);
    else {
      this.#settle(() => this.#waiting.resolve(own));
      this.#abort();
    }
  }

  #stands(): void {
    this.#connected = true;
    this.connected();
  }

  #head(flat: readonly string[]): HeaderList {
    return this.#parts.hygiene.head(flat, this.#place);
  }

  #replyTo(response: IncomingMessage): Reply | Promise<Reply> {
    const status = response.statusCode ?? 502;
    const added = new HeaderList(this.response.fields);
    const fields = added.flat.length === 0 ? headAsEdited(response) : merged(headAsEdited(response), added);
    const headers = this.#head(fields);
    const longLived = isEventStream(headers);
    const body = this.#bodyOf(response, { status, headers, longLived });
    return this.#parts.hygiene.reply({ status, headers, body, longLived: longLived && body !== NO_BODY }, this.#place);
  }

  #bodyOf(response: IncomingMessage, { status, headers, longLived }: Omit<Reply, 'body'>): Body {
    const length = announcedLength(headers);
    if (hasNoBody(this.#x.method, status, length)) {
      response.resume();
      response.once('end', () => this.#done());
      return NO_BODY;
    }
    const body = new PushBody(
      {
        pause: () => response.pause(),
        resume: () => {
          this.#idle?.progressed();
          response.resume();
        },
        abort: () => this.#abort(),
        begin: () => this.#idle?.start(() => body.paused),
      },
      length,
    );
    this.#body = body;
    const { idleMs } = this.#x.timeouts ?? {};
    if (idleMs !== undefined && longLived !== true) {
      this.#idle = new IdleWatch(this.#parts.clock, idleMs, () => this.#stop(stalled(this.#parts.service)));
    }
    response.on('data', (chunk: Buffer) => {
      this.#idle?.progressed();
      body.push(chunk);
    });
    response.once('end', () => {
      this.#done();
      body.finish(response.rawTrailers.length === 0 ? undefined : trailersOf(this.#head(response.rawTrailers)));
    });
    response.once('close', () => {
      if (!response.complete) this.failed(undefined);
    });
    return body;
  }

  readonly #cancelled = (reason: GatewayError): void => {
    this.#body?.cancel(reason);
    this.#stop(reason);
  };

  #stop(failure: GatewayError): void {
    const settled = this.#settled;
    this.#settle(() => this.#waiting.reject(failure));
    if (settled) this.#body?.fail(failure);
    this.#abort();
  }

  #abort(): void {
    this.#done();
    this.#request?.destroy();
    this.destroy();
  }

  #settle(outcome: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    outcome();
  }

  #done(): void {
    this.#idle?.stop();
    this.#x.cancellation.offCancel(this.#cancelled);
    // An early response ends the upload.
    if (this.#request?.writableFinished !== true) this.destroy();
  }
}

/** A field that a hook set replaces the backend's field of that name. */
function merged(fields: readonly string[], added: HeaderList): readonly string[] {
  const names = new Set(added.flat.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase()));
  return new HeaderList(fields).without(names).concat(added.flat).flat;
}
