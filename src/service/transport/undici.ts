import { type Dispatcher, Pool } from 'undici';
import { type Body, NO_BODY } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { GatewayError } from '../../core/failure.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { isEventStream } from '../../core/headers/media-type.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Connection, Target, Transport } from '../../core/ports/transport.ts';
import { type BodySource, PushBody } from '../../core/push-body.ts';
import { BodyReadable } from '../../core/readable.ts';
import type { Reply } from '../../core/reply.ts';
import type { ReferencePosition } from '../response-sanitizer/references.ts';
import { connectorWithin } from './connector.ts';
import { failureOf, stalled, unknownEncoding } from './failure-of.ts';
import { announcedLength, hasNoBody, hasUnknownEncoding, trailersOf } from './framing.ts';
import { IdleWatch } from './idle-watch.ts';
import { attemptFields, outgoingLength, outgoingPath, placeOf } from './outgoing.ts';
import type { TransportParts, WaitingBody } from './parts.ts';

/**
 * HTTP over undici's dispatch: half the CPU of node:http's client, and no Readable between the socket and the reply's
 * sink. Upgrades use another transport.
 */
export class UndiciTransport implements Transport {
  readonly #parts: TransportParts;
  readonly #upgrades: Transport;
  readonly #pools = new Map<string, Pool>();
  /** Pools of removed targets, until their last call has ended. */
  readonly #leaving = new Set<Pool>();

  constructor(parts: TransportParts, upgrades: Transport) {
    this.#parts = parts;
    this.#upgrades = upgrades;
  }

  send(x: Exchange, target: Target, connection: Connection): Promise<Reply> {
    if (x.details.upgrade !== undefined) return this.#upgrades.send(x, target, connection);
    return new Promise((resolve, reject) => {
      const pool = this.#pool(target, connection, x.timeouts?.connectMs);
      new UndiciCall(this.#parts, x, target, { resolve, reject }).start(pool);
    });
  }

  forget(target: Target): void {
    this.#upgrades.forget(target);
    const place = placeOf(target);
    for (const [key, pool] of this.#pools) {
      if (!key.endsWith(place)) continue;
      this.#pools.delete(key);
      this.#leaving.add(pool);
      // It rejects if the gateway closes first.
      const gone = () => this.#leaving.delete(pool);
      pool.close().then(gone, gone);
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values(), ...this.#leaving];
    await Promise.all([this.#upgrades.close(), ...pools.map(pool => pool.destroy())]);
  }

  #pool(target: Target, connection: Connection, connectMs: number | undefined): Pool {
    const key = `${connection} ${connectMs}${placeOf(target)}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      // The limiter limits calls, so no connection count queues them here. `pipelining: 0` closes a connection after
      // one request.
      pool = new Pool(target.origin, {
        connections: null,
        pipelining: connection === 'fresh' ? 0 : 1,
        allowH2: false,
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: this.#parts.headLimit,
        connect: connectorWithin({ ...this.#parts, connectMs }),
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

type Controller = Dispatcher.DispatchController;

/** One request: the dispatch handler, and the source of its reply's body. */
class UndiciCall implements Dispatcher.DispatchHandler, BodySource {
  readonly #parts: TransportParts;
  readonly #x: Exchange;
  readonly #place: ReferencePosition;
  readonly #waiting: WaitingBody;
  #controller: Controller | undefined;
  #body: PushBody | undefined;
  #hasResponse = false;
  #settled = false;
  #idle: IdleWatch | undefined;

  constructor(parts: TransportParts, x: Exchange, target: Target, waiting: WaitingBody) {
    this.#parts = parts;
    this.#x = x;
    this.#place = { x, target };
    this.#waiting = waiting;
  }

  start(pool: Pool): void {
    const x = this.#x;
    x.cancellation.onCancel(this.#cancelled);
    if (this.#settled) return;
    try {
      pool.dispatch(
        {
          path: outgoingPath(x, this.#place.target),
          method: x.method as Dispatcher.HttpMethod,
          // undici only reads the list, which its type does not state.
          headers: requestFields(x, this.#place.target, this.#parts.clock) as string[],
          body: requestBody(x.body),
        },
        this,
      );
    } catch (error) {
      // undici throws for fields that cannot be sent (a control byte in a value).
      this.#fail(
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
    // RFC 9110 §15.2: an informational response is not the response.
    if (status < 200) {
      if (status !== 100) this.#x.earlyHints?.(status, this.#head(textFields(controller.rawHeaders)));
      return;
    }
    this.#hasResponse = true;
    if (this.#settled) return;
    const fields = textFields(controller.rawHeaders);
    if (hasUnknownEncoding(fields)) {
      controller.abort(unknownEncoding(this.#parts.service));
      return;
    }
    const headers = this.#head(fields);
    this.#settled = true;
    const longLived = isEventStream(headers);
    const body = this.#responseBody(status, headers, longLived);
    this.#waiting.resolve(
      this.#parts.hygiene.reply({ status, headers, body, longLived: longLived && body !== NO_BODY }, this.#place),
    );
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#idle?.progressed();
    this.#body?.push(chunk);
  }

  onResponseEnd(controller: Controller): void {
    this.#done();
    this.#body?.finish(this.#trailers(textFields(controller.rawTrailers)));
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    const failure = failureOf(error, this.#parts.service, {
      sent: this.#controller !== undefined,
      hasResponse: this.#hasResponse,
    });
    this.#fail(failure);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#idle?.progressed();
    this.#controller?.resume();
  }

  abort(reason: GatewayError): void {
    this.#done();
    this.#controller?.abort(reason);
  }

  begin(): void {
    this.#idle?.start(() => this.#body?.paused === true);
  }

  #head(fields: readonly string[]): HeaderList {
    return this.#parts.hygiene.head(fields, this.#place);
  }

  #trailers(fields: readonly string[]): readonly string[] | undefined {
    return fields.length === 0 ? undefined : trailersOf(this.#head(fields));
  }

  #responseBody(status: number, headers: HeaderList, longLived: boolean): Body {
    const length = announcedLength(headers);
    if (hasNoBody(this.#x.method, status, length)) return NO_BODY;
    this.#body = new PushBody(this, length);
    const { idleMs } = this.#x.timeouts ?? {};
    // An event stream may be silent for any time.
    if (idleMs !== undefined && !longLived) {
      this.#idle = new IdleWatch(this.#parts.clock, idleMs, () =>
        this.#controller?.abort(stalled(this.#parts.service)),
      );
    }
    return this.#body;
  }

  readonly #cancelled = (reason: GatewayError): void => {
    if (this.#body !== undefined) this.#body.cancel(reason);
    else this.#controller?.abort(reason);
    this.#fail(reason);
  };

  #fail(failure: GatewayError): void {
    this.#done();
    if (this.#settled) {
      this.#body?.fail(failure);
      return;
    }
    this.#settled = true;
    this.#waiting.reject(failure);
  }

  #done(): void {
    this.#idle?.stop();
    this.#x.cancellation.offCancel(this.#cancelled);
  }
}

function requestFields(x: Exchange, target: Target, clock: Clock): readonly string[] {
  const { host } = target;
  const fields = x.headers.flat.concat(attemptFields(x, target, clock));
  const length = outgoingLength(x);
  if (length !== undefined) fields.push('content-length', String(length));
  if (host !== undefined) fields.push('host', host);
  return fields;
}

function requestBody(body: Body): Buffer | BodyReadable | null {
  if (body.kind === 'bytes') return body.bytes;
  return body.kind === 'stream' ? new BodyReadable(body) : null;
}

function textFields(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  const fields: string[] = [];
  if (!Array.isArray(raw)) return fields;
  // RFC 9110 §5.5: field values are bytes, and latin1 keeps each of them.
  for (const part of raw) fields.push(typeof part === 'string' ? part : part.toString('latin1'));
  return fields;
}
