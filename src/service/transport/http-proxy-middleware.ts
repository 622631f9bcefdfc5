import { type ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyMiddleware, type Plugin } from 'http-proxy-middleware';
import type { Tunnel } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { GatewayError } from '../../core/failure.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { Connection, Target, Transport } from '../../core/ports/transport.ts';
import { PushBody } from '../../core/push-body.ts';
import type { Reply } from '../../core/reply.ts';
import { failureOf } from './failure-of.ts';
import { announcedLength, responseHead } from './response-head.ts';
import { StandInSocket } from './stand-in-socket.ts';

/**
 * WebSocket upgrades over http-proxy-middleware. It never sees the client's request or socket, only stand-ins made from the exchange,
 * so nothing passes that the gateway has not read (TRAPS: forged headers, hop-by-hop fields, backend heads written straight through).
 */
export class HttpProxyMiddlewareTransport implements Transport {
  readonly #service: string;
  readonly #clock: Clock;
  readonly #open = new Set<UpgradeCall>();
  readonly #middleware = createProxyMiddleware<IncomingMessage>({
    changeOrigin: true,
    ejectPlugins: true,
    plugins: [settleFromEvents],
    router: req => addressOf(req),
  });

  constructor(service: string, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  send(x: Exchange, target: Target, _connection: Connection): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = new UpgradeCall(this.#service, x, resolve, reject);
      this.#open.add(call);
      call.socket.once('close', () => this.#open.delete(call));
      call.watch(this.#clock);
      this.#middleware.upgrade(new UpgradeRequest(x, target, call), call.socket, EMPTY);
    });
  }

  close(): Promise<void> {
    for (const call of this.#open) call.socket.destroy();
    return Promise.resolve();
  }
}

const EMPTY = Buffer.alloc(0);

// The middleware asks whose server a request came from and refuses to upgrade without one.
const NO_SOCKET = Object.assign(new Socket(), { server: {} });

class UpgradeRequest extends IncomingMessage {
  readonly target: Target;
  readonly call: UpgradeCall;

  constructor(x: Exchange, target: Target, call: UpgradeCall) {
    super(NO_SOCKET);
    this.method = x.method;
    const { path, search } = x.call ?? x;
    this.url = path + search;
    this.headers = { ...x.headers.toObject(), connection: 'Upgrade', upgrade: 'websocket' };
    this.target = target;
    this.call = call;
  }
}

function addressOf(req: IncomingMessage): string {
  if (!(req instanceof UpgradeRequest)) throw new TypeError('only upgrades made by this transport pass through it');
  return req.target.origin + req.target.base;
}

/** httpxy resolves whatever happens, so each call is settled from its events. */
const settleFromEvents: Plugin<IncomingMessage> = proxy => {
  proxy.on('proxyReqWs', (request: ClientRequest, req: IncomingMessage) => {
    if (req instanceof UpgradeRequest) req.call.sent(request);
  });
  proxy.on('error', (error: Error, req: IncomingMessage | undefined) => {
    if (req instanceof UpgradeRequest) req.call.fail(error);
  });
};

class UpgradeCall {
  readonly socket = new StandInSocket();
  readonly #service: string;
  readonly #x: Exchange;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (failure: GatewayError) => void;
  #request: ClientRequest | undefined;
  #connectTimer: Timer | undefined;
  #connected = false;
  #settled = false;

  constructor(service: string, x: Exchange, resolve: (reply: Reply) => void, reject: (failure: GatewayError) => void) {
    this.#service = service;
    this.#x = x;
    this.#resolve = resolve;
    this.#reject = reject;
    const cancel = (reason: GatewayError): void => this.cancel(reason);
    x.cancellation.onCancel(cancel);
    this.socket.once('close', () => x.cancellation.offCancel(cancel));
  }

  watch(clock: Clock): void {
    const connectMs = this.#x.timeouts?.connectMs;
    if (connectMs === undefined) return;
    this.#connectTimer = clock.after(connectMs, () => {
      this.cancel(
        new GatewayError('upstream.connect_timeout', `${this.#service} did not accept a connection in time`, {
          neverSent: true,
        }),
      );
    });
  }

  sent(request: ClientRequest): void {
    this.#request = request;
    if (this.#settled) {
      request.destroy();
      return;
    }
    request.once('socket', socket => {
      socket.once(socket instanceof Socket && 'encrypted' in socket ? 'secureConnect' : 'connect', () => {
        this.#connected = true;
        this.#connectTimer?.cancel();
      });
    });
    request.prependListener('upgrade', (response, backend) => this.upgraded(response, backend));
    request.prependListener('response', response => this.refused(response));
  }

  fail(error: unknown): void {
    this.settle(() => this.#reject(failureOf(error, this.#service, { sent: this.#connected, answered: false })));
    this.socket.destroy();
  }

  private cancel(reason: GatewayError): void {
    this.fail(reason);
    this.#request?.destroy();
  }

  private upgraded(response: IncomingMessage, backend: Duplex): void {
    // httpxy only ends the backend's side on an error; a client that vanished would leave it open.
    this.socket.once('close', () => backend.destroy());
    // A backend that has said its last may still listen; a client's socket of node:http would end with it.
    Object.assign(backend, { allowHalfOpen: true });
    const headers = responseHead(response.rawHeaders);
    this.settle(() => this.#resolve({ status: 101, headers, body: this.tunnel() }));
  }

  /** The backend said no: an ordinary answer. Marked as upgraded, so that httpxy does not write it out a second time. */
  private refused(response: IncomingMessage): void {
    Object.assign(response, { upgrade: true });
    const headers = responseHead(response.rawHeaders);
    const body = new PushBody(
      { pause: () => response.pause(), resume: () => response.resume(), abort: () => response.destroy() },
      announcedLength(headers),
    );
    response.once('close', () => this.socket.destroy());
    response.on('data', (chunk: Buffer) => body.push(chunk));
    response.on('end', () => body.finish());
    response.on('close', () => body.fail(failureOf(undefined, this.#service, { sent: true, answered: true })));
    response.on('error', error => body.fail(failureOf(error, this.#service, { sent: true, answered: true })));
    this.settle(() => this.#resolve({ status: response.statusCode ?? 502, headers, body }));
  }

  private tunnel(): Tunnel {
    return {
      kind: 'tunnel',
      open: (client: Duplex, head: Buffer) => this.socket.open(client, head),
      cancel: () => this.socket.destroy(),
      onEnd: listener => {
        if (this.socket.destroyed) listener();
        else this.socket.once('close', listener);
      },
    };
  }

  private settle(outcome: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#connectTimer?.cancel();
    outcome();
  }
}
