import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type BodyEnd, discard } from '../core/body.ts';
import type { Client, Exchange } from '../core/exchange.ts';
import { asFailure, GatewayError } from '../core/failure.ts';
import type { Clock } from '../core/ports/clock.ts';
import { HEALTH_ROUTE, type Observer, type OpenRecord } from '../core/ports/observer.ts';
import type { DescribeThrown } from '../core/ports/thrown.ts';
import type { Reply } from '../core/reply.ts';
import { isBodyUncertain } from './continue.ts';
import { EarlyBytes } from './early-bytes.ts';
import { EventStreamSink } from './event-stream-sink.ts';
import { lingeringClose } from './lingering-close.ts';
import { LongLivedResponses } from './long-lived.ts';
import { thrownByMiddleware } from './middleware-failure.ts';
import { OpenRequests } from './open-requests.ts';
import { Pipelines } from './pipeline.ts';
import { problemReply } from './problem.ts';
import { isBodyDue } from './request-body.ts';
import { BEHIND_MIDDLEWARE, DIRECT, notFoundResponse, type RequestReader } from './request-reader.ts';
import { ResponseSink } from './response-sink.ts';
import type { RoutedHandler, RouteMatch } from './route-match.ts';
import { writeSwitchingProtocols } from './switching-protocols.ts';
import { ClientEnd } from './websocket/client-end.ts';
import { writeReply } from './write-response.ts';
import type { WriteLimit } from './write-watch.ts';

export interface RequestHandlerOptions {
  readonly requestReader: RequestReader;
  readonly observer: Observer;
  readonly clock: Clock;
  /** For requests without a route. */
  readonly writeLimit: WriteLimit;
  /** Whether a request without a route goes to the next middleware. */
  readonly passThrough: boolean;
  /** Further fields of the response to a failure. */
  readonly problemFields: (protocol: Client['protocol'] | undefined) => readonly string[];
  /** Describes the thrown error in a response; undefined if clients must not see it. */
  readonly describe: DescribeThrown | undefined;
}

const NOTHING = Buffer.alloc(0);
const NO_FIELDS: readonly string[] = [];

/** One request from its arrival to its last byte. */
interface RequestState {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly record: OpenRecord;
  x: Exchange | undefined;
  route: RoutedHandler | undefined;
  failure: GatewayError | undefined;
  fallbacks: Reply['fallbacks'] | undefined;
  /** Whether the response is an event stream or a tunnel. */
  isLongLived: boolean;
  /** Whether it asks for the health of the gateway. */
  isProbe: boolean;
  /** Whether a drain no longer waits for it. */
  forgotten: boolean;
}

/** The HTTP side: reads an exchange, runs its route and writes the reply. It never throws. */
export class RequestHandler {
  readonly pipelines = new Pipelines();
  readonly #options: RequestHandlerOptions;
  readonly #open = new OpenRequests();
  readonly #longLived = new LongLivedResponses(this.#open);
  #retired = false;
  /** Requests that wait for the end of this tick. */
  #deferred = 0;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  readonly handle = (req: IncomingMessage, res: ServerResponse, next?: () => void): void => {
    const isWelcome = next === undefined ? this.pipelines.arrive(req, res) : this.pipelines.arriveLast(req, res);
    if (!isWelcome) return;
    const state = this.#begin(req, res);
    // Requests of one packet run in their order, so one behind a deferred request is deferred, too.
    if (this.#deferred === 0 && !isBodyDue(req)) {
      this.#run(state, next);
      return;
    }
    this.#deferred++;
    process.nextTick(this.#runDeferred, state, next);
  };

  readonly #runDeferred = (state: RequestState, next: (() => void) | undefined): void => {
    this.#deferred--;
    // An earlier request of the connection was rejected meanwhile, so this may be the rest of it.
    if (this.pipelines.isRejected(state.req.socket)) this.#forget(state);
    else this.#run(state, next);
  };

  readonly #run = (state: RequestState, next: (() => void) | undefined): void => {
    const { requestReader, passThrough } = this.#options;
    const { req, res } = state;
    let respond: Reply | Promise<Reply>;
    try {
      const { x, found } = requestReader.read(req, res, state.record, next === undefined ? DIRECT : BEHIND_MIDDLEWARE);
      state.x = x;
      if (found.kind === 'none' && passThrough && next !== undefined) {
        this.#forget(state);
        next();
        return;
      }
      respond = this.#respond(state, found, 'handler');
    } catch (thrown) {
      respond = this.#problem(state, thrown);
    }
    if (!(respond instanceof Promise)) this.#write(state, respond);
    else {
      respond.then(
        reply => this.#write(state, reply),
        (thrown: unknown) => this.#write(state, this.#problem(state, thrown)),
      );
    }
  };

  /**
   * Responds to an error of the middleware before the gateway like to any failure, with its own status for a client
   * error.
   */
  fail(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const state = this.#begin(req, res);
    this.#write(state, this.#problem(state, thrownByMiddleware(thrown)));
  }

  /** An upgrade is handled like a request; only its result is a tunnel, or an ordinary response on the bare socket. */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, res: ServerResponse): Promise<void> {
    const state = this.#begin(req, res);
    const early = new EarlyBytes(socket, head);
    socket.on('error', () => socket.destroy());
    let reply: Reply;
    try {
      const entryPoint = { upgrade: { socket, head }, isBehindMiddleware: false };
      const { x, found } = this.#options.requestReader.read(req, res, state.record, entryPoint);
      state.x = x;
      reply = await this.#respond(state, found, 'upgrade');
    } catch (thrown) {
      reply = this.#problem(state, thrown);
    }
    const sent = early.take();
    if (reply.body.kind !== 'tunnel' || socket.closed) {
      this.#write(state, reply);
      return;
    }
    writeSwitchingProtocols(socket, reply.headers);
    const client = new ClientEnd(socket, sent, this.#options.clock);
    state.isLongLived = true;
    reply.body.open(client, NOTHING);
    socket.once('close', () => this.#close(state, 101));
    this.#longLived.enter(client);
    this.#forget(state);
  }

  /** From now on every response is the last one on its connection. */
  retire(): void {
    this.#retired = true;
  }

  /** From now on event streams and WebSockets end at their next boundary. */
  leave(): void {
    this.#longLived.leave();
  }

  /** Waits for all ordinary requests, and for streams and tunnels to leave. */
  drain(): Promise<void> {
    return this.#open.none();
  }

  /** Ends the remaining streams and tunnels. */
  abandon(): void {
    this.#longLived.abandon();
  }

  #begin(req: IncomingMessage, res: ServerResponse): RequestState {
    const state: RequestState = {
      req,
      res,
      record: this.#options.observer.record(req.method ?? ''),
      x: undefined,
      route: undefined,
      failure: undefined,
      fallbacks: undefined,
      isLongLived: false,
      isProbe: false,
      forgotten: false,
    };
    this.#open.enter();
    return state;
  }

  #respond(state: RequestState, found: RouteMatch, entry: 'handler' | 'upgrade'): Reply | Promise<Reply> {
    const { x, req, record } = state;
    record.begin();
    state.isProbe = found.kind === 'health';
    if (found.kind !== 'found') return notFoundResponse(found, entry === 'upgrade' ? 'GET' : (req.method ?? 'GET'));
    if (x === undefined) throw new TypeError('a request is read before its route runs');
    state.route = found.value;
    return found.value[entry](x);
  }

  #problem(state: RequestState, thrown: unknown): Reply {
    const failure = asFailure(thrown);
    state.failure = failure;
    const { req, x } = state;
    return problemReply(failure, {
      requestId: x?.id ?? 'unread',
      path: x?.path ?? '/',
      accept: req.headers.accept,
      fields: this.#options.problemFields(x?.client?.protocol),
      thrown: failure.cause === undefined ? [] : (this.#options.describe?.(failure.cause) ?? []),
    });
  }

  #write(state: RequestState, reply: Reply): void {
    const { req, res, record } = state;
    state.fallbacks = reply.fallbacks;
    state.isLongLived = reply.longLived === true;
    // Only the last of several pipelined responses announces the close, because later ones would not be sent.
    if (this.#retired && !this.pipelines.isFollowed(req, res)) res.shouldKeepAlive = false;
    this.#endEarly(state);
    const extra = this.#options.observer.fieldsFor?.(record) ?? NO_FIELDS;
    const limit = state.route?.writeLimit ?? this.#options.writeLimit;
    const stream = reply.longLived === true ? EventStreamSink.for(reply, res, limit) : undefined;
    let end: BodyEnd | Promise<BodyEnd>;
    try {
      end = writeReply(reply, stream ?? new ResponseSink(res, limit), extra);
    } catch (cause) {
      const failure = new GatewayError('gateway.error', 'The response has a head that HTTP cannot carry', { cause });
      discard(reply.body, failure);
      end = writeReply(this.#problem(state, failure), new ResponseSink(res, limit), []);
    }
    if (stream !== undefined) this.#longLived.enter(stream);
    // A drain does not wait for an event stream to end by itself.
    if (reply.longLived === true) this.#forget(state);
    if (end instanceof Promise) {
      void end.then(known => {
        state.failure ??= lateFailure(reply, known);
        this.#settle(state, state.failure?.code === 'client.gone' ? 499 : reply.status);
      });
      return;
    }
    state.failure ??= lateFailure(reply, end);
    this.#settle(state, end === 'left' ? 499 : reply.status);
  }

  /** Handles a response that may be sent before the end of its request. */
  #endEarly({ req, res, x, route, failure }: RequestState): void {
    const slow = failure?.code === 'request.timeout';
    // The end of an ambiguous request is ambiguous too.
    const unread = x === undefined && failure?.blame === 'client' && failure.code !== 'request.refused';
    const mayHaveBody = route === undefined || x?.body.kind === 'stream';
    if (slow || unread || (mayHaveBody && isBodyUncertain(req, res))) {
      res.shouldKeepAlive = false;
      this.pipelines.end(req.socket);
    }
    if (mayHaveBody) {
      // A WebSocket handshake with a body is a mistake or an attack, so its connection is not kept open.
      lingeringClose(req, res, this.#options.clock, slow || req.headers.upgrade !== undefined);
    }
  }

  #settle(state: RequestState, status: number): void {
    const { res, record } = state;
    // The last bytes of a large response wait in memory for a slow client, and a pipelined one has no socket yet:
    // releasing the connection now would truncate them.
    const isWaiting = res.socket === null ? !res.writableFinished : res.socket.writableLength > 0;
    if (res.destroyed || !isWaiting) {
      this.#close(state, status);
      return;
    }
    record.written();
    res.once('close', () => this.#close(state, res.writableFinished ? status : 499));
  }

  #close(state: RequestState, status: number): void {
    this.#forget(state);
    const { x, route, failure, fallbacks, isLongLived, isProbe, record } = state;
    record.finish({
      route: isProbe ? HEALTH_ROUTE : route?.label,
      file: route?.file,
      status,
      path: x?.path ?? '',
      failure,
      fallbacks: fallbacks?.length === 0 ? undefined : fallbacks,
      isLongLived,
    });
  }

  #forget(state: RequestState): void {
    if (state.forgotten) return;
    state.forgotten = true;
    this.#open.leave();
  }
}

/** A complete stream may say at its end that it failed. One that is cancelled, as for HEAD, has not failed. */
function lateFailure({ body }: Reply, end: BodyEnd): GatewayError | undefined {
  if (body.kind !== 'stream') return undefined;
  return end === 'complete' && body.failure?.code === 'client.gone' ? undefined : body.failure;
}
