import type { Dispatcher, Pool as UndiciPool } from 'undici';
import { type Body, NO_BODY } from '../../core/body.ts';
import type { Cancellable } from '../../core/cancellation.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, GatewayError } from '../../core/failure.ts';
import type { HeaderList } from '../../core/headers/header-list.ts';
import { isEventStream } from '../../core/headers/media-type.ts';
import { latin1Texts } from '../../core/latin1.ts';
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
import { Pool } from './undici-parts.ts';

interface LatestPool {
  readonly connection: Connection;
  readonly connectMs: number | undefined;
  readonly pool: UndiciPool;
}

/**
 * HTTP over undici's dispatch: half the CPU of node:http's client, and no Readable between the socket and the reply's
 * sink. Upgrades use another transport.
 */
export class UndiciTransport implements Transport {
  readonly #parts: TransportParts;
  readonly #upgrades: Transport;
  readonly #pools = new Map<string, UndiciPool>();
  /** The pool of the latest call to each target, which most calls reuse without computing a key. */
  #latest = new WeakMap<Target, LatestPool>();
  /** Pools of removed targets, until their last call has ended. */
  readonly #leaving = new Set<UndiciPool>();

  constructor(parts: TransportParts, upgrades: Transport) {
    this.#parts = parts;
    this.#upgrades = upgrades;
  }

  send(x: Exchange, target: Target, connection: Connection): Promise<Reply> {
    if (x.details.upgrade !== undefined) return this.#upgrades.send(x, target, connection);
    const waiting = Promise.withResolvers<Reply>();
    try {
      new UndiciCall(this.#parts, x, target, waiting).start(this.#pool(target, connection, x.timeouts?.connectMs));
    } catch (error) {
      waiting.reject(asFailure(error));
    }
    return waiting.promise;
  }

  forget(target: Target): void {
    this.#upgrades.forget(target);
    const place = placeOf(target);
    this.#latest = new WeakMap();
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

  #pool(target: Target, connection: Connection, connectMs: number | undefined): UndiciPool {
    const latest = this.#latest.get(target);
    if (latest !== undefined && latest.connection === connection && latest.connectMs === connectMs) return latest.pool;
    const pool = this.#poolOf(target, connection, connectMs);
    this.#latest.set(target, { connection, connectMs, pool });
    return pool;
  }

  #poolOf(target: Target, connection: Connection, connectMs: number | undefined): UndiciPool {
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
class UndiciCall implements Dispatcher.DispatchHandler, BodySource, ReferencePosition, Cancellable {
  readonly x: Exchange;
  readonly target: Target;
  readonly #parts: TransportParts;
  readonly #waiting: WaitingBody;
  #controller: Controller | undefined;
  #body: PushBody | undefined;
  #hasResponse = false;
  #settled = false;
  #mayStall = true;
  #idle: IdleWatch | undefined;

  constructor(parts: TransportParts, x: Exchange, target: Target, waiting: WaitingBody) {
    this.#parts = parts;
    this.x = x;
    this.target = target;
    this.#waiting = waiting;
  }

  start(pool: UndiciPool): void {
    const { x, target } = this;
    x.cancellation.onCancel(this);
    if (this.#settled) return;
    try {
      pool.dispatch(
        {
          path: outgoingPath(x, target),
          method: x.method as Dispatcher.HttpMethod,
          // undici only reads the list, though its type does not say so.
          headers: requestFields(x, target, this.#parts.clock) as string[],
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
    const reason = this.x.cancellation.reason;
    if (reason !== undefined || this.#settled) controller.abort(reason ?? new Error('settled'));
  }

  onResponseStart(controller: Controller, status: number): void {
    // RFC 9110 §15.2: an informational response is not the response.
    if (status < 200) {
      if (status !== 100) this.x.earlyHints?.(status, this.#head(textFields(controller.rawHeaders)));
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
    // An event stream may be silent for as long as nothing happens.
    this.#mayStall = !longLived;
    const body = this.#responseBody(status, headers);
    this.#waiting.resolve(
      this.#parts.hygiene.reply({ status, headers, body, longLived: longLived && body !== NO_BODY }, this),
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
    const { idleMs } = this.x.timeouts ?? {};
    if (idleMs === undefined || !this.#mayStall) return;
    const { clock, service } = this.#parts;
    this.#idle = new IdleWatch(clock, idleMs, () => this.#controller?.abort(stalled(service)));
    this.#idle.start(() => this.#body?.paused === true);
  }

  #head(fields: readonly string[]): HeaderList {
    return this.#parts.hygiene.head(fields, this);
  }

  #trailers(fields: readonly string[]): readonly string[] | undefined {
    return fields.length === 0 ? undefined : trailersOf(this.#head(fields));
  }

  #responseBody(status: number, headers: HeaderList): Body {
    const length = announcedLength(headers);
    if (hasNoBody(this.x.method, status, length)) return NO_BODY;
    this.#body = new PushBody(this, length);
    return this.#body;
  }

  cancel(reason: GatewayError): void {
    if (this.#body !== undefined) this.#body.cancel(reason);
    else this.#controller?.abort(reason);
    this.#fail(reason);
  }

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
    this.x.cancellation.offCancel(this);
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

const NO_FIELDS: readonly string[] = [];

function textFields(raw: Dispatcher.DispatchController['rawHeaders']): readonly string[] {
  if (!Array.isArray(raw) || raw.length === 0) return NO_FIELDS;
  // RFC 9110 §5.5: field values are bytes; latin1 keeps each of them.
  return latin1Texts(raw);
}
