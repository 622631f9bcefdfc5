import { type Dispatcher, Pool } from 'undici';
import { type Body, NO_BODY } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { GatewayError } from '../../core/failure.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { isEventStream } from '../../core/headers/media-type.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { Connection, Target, Transport } from '../../core/ports/transport.ts';
import { PushBody, type Source } from '../../core/push-body.ts';
import { BodyReadable } from '../../core/readable.ts';
import type { Reply } from '../../core/reply.ts';
import { connectorWithin } from './connector.ts';
import { failureOf } from './failure-of.ts';
import { announcedLength, hasUnknownCoding, responseHead } from './response-head.ts';

/** HTTP over undici's dispatch: half the CPU of node:http's client, and no Readable between the socket and the reply's sink. */
export class UndiciTransport implements Transport {
  readonly #service: string;
  readonly #clock: Clock;
  readonly #pools = new Map<string, Pool>();

  constructor(service: string, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  send(x: Exchange, target: Target, connection: Connection): Promise<Reply> {
    return new Promise((resolve, reject) => {
      new UndiciCall(this.#service, this.#clock, x, resolve, reject).start(
        this.pool(target, connection, x.timeouts?.connectMs),
        target,
      );
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.destroy()));
  }

  private pool(target: Target, connection: Connection, connectMs: number | undefined): Pool {
    const key = `${connection} ${connectMs} ${target.origin}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      // The limiter bounds calls, so no connection count queues them here. `pipelining: 0` closes a connection after one request.
      pool = new Pool(target.origin, {
        connections: null,
        pipelining: connection === 'fresh' ? 0 : 1,
        allowH2: false,
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: connectorWithin(connectMs, this.#clock),
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

type Controller = Dispatcher.DispatchController;

/** One request on the wire: dispatch handler, and the source of its reply's body. */
class UndiciCall implements Dispatcher.DispatchHandler, Source {
  readonly #service: string;
  readonly #clock: Clock;
  readonly #x: Exchange;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (failure: GatewayError) => void;
  #controller: Controller | undefined;
  #body: PushBody | undefined;
  #answered = false;
  #settled = false;
  #idleTimer: Timer | undefined;
  #progressed = false;
  #mayPause = false;

  constructor(
    service: string,
    clock: Clock,
    x: Exchange,
    resolve: (reply: Reply) => void,
    reject: (failure: GatewayError) => void,
  ) {
    this.#service = service;
    this.#clock = clock;
    this.#x = x;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(pool: Pool, target: Target): void {
    const x = this.#x;
    x.cancellation.onCancel(this.#cancelled);
    if (this.#settled) return;
    try {
      pool.dispatch(
        {
          path: target.base + pathOf(x),
          method: x.method as Dispatcher.HttpMethod,
          // undici only reads the list, though its type does not say so.
          headers: requestFields(x.headers.flat, x.body) as string[],
          body: requestBody(x.body),
        },
        this,
      );
    } catch (error) {
      // undici refuses what cannot be sent (a control byte in a header value) by throwing.
      this.fail(
        new GatewayError('request.malformed', 'The request cannot be sent on', { cause: error, neverSent: true }),
      );
    }
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    const reason = this.#x.cancellation.reason;
    if (reason !== undefined || this.#settled) controller.abort(reason ?? new Error('settled'));
  }

  onResponseStart(controller: Controller, status: number): void {
    // RFC 9110 §15.2: an interim response is not the answer.
    if (status < 200) return;
    this.#answered = true;
    if (this.#settled) return;
    const fields = textFields(controller.rawHeaders);
    const headers = responseHead(fields);
    if (hasUnknownCoding(fields)) {
      // RFC 9112 §6.1: passed on as chunked, it would be read as what it is not.
      controller.abort(
        new GatewayError('upstream.malformed', `${this.#service} answered in a transfer coding that is not understood`),
      );
      return;
    }
    this.#settled = true;
    this.#resolve({ status, headers, body: this.responseBody(status, headers) });
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#progressed = true;
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.done();
    this.#body?.finish();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    const failure = failureOf(error, this.#service, {
      sent: this.#controller !== undefined,
      answered: this.#answered,
    });
    this.fail(failure);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#progressed = true;
    this.#controller?.resume();
  }

  abort(reason: GatewayError): void {
    this.done();
    this.#controller?.abort(reason);
  }

  private responseBody(status: number, headers: HeaderList): Body {
    const length = announcedLength(headers);
    if (this.#x.method === 'HEAD' || status === 204 || status === 304 || length === 0) return NO_BODY;
    this.#body = new PushBody(this, length);
    // An event stream may be silent for as long as nothing happens.
    this.#mayPause = isEventStream(headers);
    return this.#body;
  }

  begin(): void {
    if (!this.#mayPause) this.watchIdle();
  }

  /** A backend that stalls, not a reader that is slow: while the body is paused the clock does not count. */
  private watchIdle(): void {
    const idleMs = this.#x.timeouts?.idleMs;
    if (idleMs === undefined) return;
    this.#idleTimer = this.#clock.after(idleMs, () => {
      if (!this.#progressed && this.#body?.paused !== true) {
        const stalled = new GatewayError('upstream.stalled', `${this.#service} stopped in the middle of its answer`);
        this.#controller?.abort(stalled);
        return;
      }
      this.#progressed = false;
      this.watchIdle();
    });
  }

  readonly #cancelled = (reason: GatewayError): void => {
    if (this.#body !== undefined) this.#body.cancel(reason);
    else this.#controller?.abort(reason);
    this.fail(reason);
  };

  private fail(failure: GatewayError): void {
    this.done();
    if (this.#settled) {
      this.#body?.fail(failure);
      return;
    }
    this.#settled = true;
    this.#reject(failure);
  }

  private done(): void {
    this.#idleTimer?.cancel();
    this.#x.cancellation.offCancel(this.#cancelled);
  }
}

/** What goes on the wire behind the target's own base. */
function pathOf(x: Exchange): string {
  const { path, search } = x.call ?? x;
  return path + search;
}

function requestFields(flat: readonly string[], body: Body): readonly string[] {
  const length = body.kind === 'bytes' ? body.bytes.length : body.kind === 'stream' ? body.length : undefined;
  return length === undefined ? flat : [...flat, 'content-length', String(length)];
}

function requestBody(body: Body): Buffer | BodyReadable | null {
  if (body.kind === 'bytes') return body.bytes;
  return body.kind === 'stream' ? new BodyReadable(body) : null;
}

function textFields(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  const fields: string[] = [];
  if (!Array.isArray(raw)) return fields;
  // RFC 9110 §5.5: field values are bytes; latin1 keeps each of them.
  for (const part of raw) fields.push(typeof part === 'string' ? part : part.toString('latin1'));
  return fields;
}
