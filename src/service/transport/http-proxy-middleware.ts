import type { ClientRequest, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { createProxyMiddleware, Plugin, RequestHandler } from 'http-proxy-middleware';
import type { Hooks } from '../../config/transport.ts';
import type { Tunnel } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { GatewayError } from '../../core/failure.ts';
import { isEventStream } from '../../core/headers/media-type.ts';
import { IncomingMessage } from '../../core/node-http.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Connection, Target, Transport } from '../../core/ports/transport.ts';
import { PushBody } from '../../core/push-body.ts';
import type { Reply } from '../../core/reply.ts';
import type { ReferencePosition } from '../response-sanitizer/references.ts';
import { agentWithin, retire } from './connector.ts';
import { failureOf } from './failure-of.ts';
import { announcedLength } from './framing.ts';
import { type Blamed, hookPlugins, rememberHead } from './hooks.ts';
import { HttpCall } from './http-call.ts';
import { fieldsAsObject, outgoingPath, placeOf } from './outgoing.ts';
import type { TransportParts, WaitingBody } from './parts.ts';
import { StandInSocket } from './stand-in-socket.ts';

/**
 * HTTP and WebSocket upgrades over http-proxy-middleware. It receives substitutes made from the exchange instead of the
 * client's request, response and socket, so nothing bypasses the gateway's parsing (forged headers, hop-by-hop fields,
 * backend headers written directly).
 */
export class HttpProxyMiddlewareTransport implements Transport {
  readonly #parts: TransportParts;
  readonly #hooks: Hooks;
  readonly #open = new Set<UpgradeCall>();
  readonly #roads = new Map<string, Road>();

  constructor(parts: TransportParts, hooks: Hooks = {}) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  send(x: Exchange, target: Target, connection: Connection): Promise<Reply> {
    return new Promise((resolve, reject) => {
      // A team's plugin may throw here, which becomes a rejection like other failures.
      const { middleware } = this.#road(target, connection, x.timeouts?.connectMs);
      if (x.details.upgrade !== undefined)
        this.#upgrade(middleware, new UpgradeCall(this.#parts, x, target, { resolve, reject }));
      else {
        const call = new HttpCall(this.#parts, x, target, { resolve, reject });
        middleware(call, call.response, error => call.failed(error)).catch(error => call.failed(error));
      }
    });
  }

  forget(target: Target): void {
    const place = placeOf(target);
    for (const [key, { agent }] of this.#roads) {
      if (!key.endsWith(place)) continue;
      this.#roads.delete(key);
      retire(agent);
    }
  }

  close(): Promise<void> {
    for (const call of this.#open) call.socket.destroy();
    for (const { agent } of this.#roads.values()) agent.destroy();
    return Promise.resolve();
  }

  #upgrade(middleware: RequestHandler, call: UpgradeCall): void {
    this.#open.add(call);
    call.socket.once('close', () => this.#open.delete(call));
    middleware.upgrade(call.request, call.socket, EMPTY);
  }

  /** One middleware for each way to a target, since its agent is part of it. */
  #road(target: Target, connection: Connection, connectMs: number | undefined): Road {
    const key = `${connection} ${connectMs}${placeOf(target)}`;
    let road = this.#roads.get(key);
    if (road === undefined) {
      const agent = agentWithin(target.origin.startsWith('https:'), connection, { ...this.#parts, connectMs });
      road = { agent, middleware: middlewareTo(target, agent, this.#hooks) };
      this.#roads.set(key, road);
    }
    return road;
  }
}

interface Road {
  readonly agent: ReturnType<typeof agentWithin>;
  readonly middleware: RequestHandler;
}

const EMPTY = Buffer.alloc(0);

function middlewareTo({ origin, host }: Target, agent: Road['agent'], hooks: Hooks): RequestHandler {
  const hooked = hooks.plugins !== undefined || hooks.on !== undefined;
  return makeMiddleware({
    target: origin,
    agent,
    ...(host === undefined ? { changeOrigin: true } : { headers: { host } }),
    selfHandleResponse: true,
    ejectPlugins: true,
    // The first listener runs before the team's hooks, the last one after them.
    plugins: hooked ? [rememberHeads, ...hookPlugins(hooks), settleFromEvents] : [settleFromEvents],
  });
}

interface Library {
  readonly createProxyMiddleware: typeof createProxyMiddleware;
}

/** Loads the library with the first call that needs it: few projects have WebSockets or its hooks. */
function makeMiddleware(...options: Parameters<typeof createProxyMiddleware>): RequestHandler {
  const library: Library = createRequire(import.meta.url)('http-proxy-middleware');
  return library.createProxyMiddleware(...options);
}

const rememberHeads: Plugin = proxy => {
  proxy.on('proxyRes', rememberHead);
};

/** httpxy's promise is not reliable, so each call is settled from its events. */
const settleFromEvents: Plugin<IncomingMessage, ServerResponse> = proxy => {
  proxy.on('proxyReq', (request, req) => {
    if (req instanceof HttpCall) req.sent(request);
  });
  proxy.on('proxyRes', (response, req) => {
    if (req instanceof HttpCall) req.hasResponse(response);
  });
  proxy.on('proxyReqWs', (request, req) => {
    if (req instanceof UpgradeRequest) req.call.sent(request);
  });
  proxy.on('error', (error, req) => {
    if (req instanceof HttpCall) req.failed(error);
    else if (req instanceof UpgradeRequest) req.call.fail(error);
  });
};

// The middleware reads the server of a request and refuses to upgrade without one.
const NO_SOCKET = Object.assign(new Socket(), { server: {} });

class UpgradeRequest extends IncomingMessage implements Blamed {
  readonly call: UpgradeCall;

  constructor(x: Exchange, target: Target, { call, clock }: { readonly call: UpgradeCall; readonly clock: Clock }) {
    super(NO_SOCKET);
    this.method = x.method;
    this.url = outgoingPath(x, target);
    this.headers = {
      ...fieldsAsObject(x, target, clock),
      connection: 'Upgrade',
      upgrade: 'websocket',
    };
    this.call = call;
  }

  failed(failure: GatewayError): void {
    this.call.fail(failure);
  }
}

class UpgradeCall {
  readonly socket = new StandInSocket();
  readonly request: UpgradeRequest;
  readonly #parts: TransportParts;
  readonly #place: ReferencePosition;
  readonly #waiting: WaitingBody;
  #request: ClientRequest | undefined;
  #connected = false;
  #settled = false;

  constructor(parts: TransportParts, x: Exchange, target: Target, waiting: WaitingBody) {
    this.#parts = parts;
    this.#place = { x, target };
    this.#waiting = waiting;
    this.request = new UpgradeRequest(x, target, { call: this, clock: parts.clock });
    const cancel = (reason: GatewayError): void => this.#cancel(reason);
    x.cancellation.onCancel(cancel);
    this.socket.once('close', () => x.cancellation.offCancel(cancel));
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
      });
    });
    request.prependListener('upgrade', (response, backend) => this.#upgraded(response, backend));
    request.prependListener('response', response => this.#refused(response));
  }

  fail(error: unknown): void {
    const failure = failureOf(error, this.#parts.service, { sent: this.#connected, hasResponse: false });
    this.#settle(() => this.#waiting.reject(failure));
    this.socket.destroy();
  }

  #cancel(reason: GatewayError): void {
    this.fail(reason);
    this.#request?.destroy();
  }

  #upgraded(response: IncomingMessage, backend: Duplex): void {
    // On an error httpxy only ends the backend's side, so a client that disconnected would leave it open.
    this.socket.once('close', () => backend.destroy());
    // A backend that has ended its side may still read; with node:http's defaults a client's socket would close with
    // it.
    Object.assign(backend, { allowHalfOpen: true });
    const headers = this.#parts.hygiene.head(response.rawHeaders, this.#place);
    this.#settle(() => this.#waiting.resolve({ status: 101, headers, body: this.#tunnel(), longLived: true }));
  }

  /**
   * The backend rejected the upgrade with an ordinary response. Marked as upgraded, so that httpxy does not write it
   * again.
   */
  #refused(response: IncomingMessage): void {
    Object.assign(response, { upgrade: true });
    const headers = this.#parts.hygiene.head(response.rawHeaders, this.#place);
    const body = new PushBody(
      { pause: () => response.pause(), resume: () => response.resume(), abort: () => response.destroy() },
      announcedLength(headers),
    );
    response.once('close', () => this.socket.destroy());
    response.on('data', (chunk: Buffer) => body.push(chunk));
    response.on('end', () => body.finish());
    response.on('close', () => body.fail(failureOf(undefined, this.#parts.service, { sent: true, hasResponse: true })));
    response.on('error', error => body.fail(failureOf(error, this.#parts.service, { sent: true, hasResponse: true })));
    const reply = { status: response.statusCode ?? 502, headers, body, longLived: isEventStream(headers) };
    this.#settle(() => this.#waiting.resolve(this.#parts.hygiene.reply(reply, this.#place)));
  }

  #tunnel(): Tunnel {
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

  #settle(outcome: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    outcome();
  }
}
