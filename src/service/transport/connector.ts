import type { ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import type { buildConnector as BuildConnector } from 'undici';
import { Agent as HttpAgent } from '../../core/node-http.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Connection } from '../../core/ports/transport.ts';
import { StallTolerantTimer } from '../../core/stall-tolerant-timer.ts';
import { withPatientWrites } from './patient-writes.ts';
import type { TlsConnectOptions } from './tls-options.ts';
import { withoutUnaskedContinue } from './unasked-continue.ts';
import { buildConnector, errors } from './undici-parts.ts';

/** How a transport opens connections. */
export interface Connecting {
  /** Time limit of a connection including TLS; undefined for none. */
  readonly connectMs: number | undefined;
  /** Maximum size of response headers in bytes. */
  readonly headLimit: number;
  readonly tls: TlsConnectOptions;
  readonly clock: Clock;
}

/**
 * Opens undici's connections within a time limit of its own. undici's timer has a resolution of half a second, and a
 * timer per request would also cost requests on open connections.
 */
export function connectorWithin({ connectMs, tls, clock }: Connecting): BuildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: 0, allowH2: false });
  return (options, callback) => {
    // It returns the socket that it opens, which its type omits.
    const socket: unknown = connect({ ...options, ...named(tls) }, (...result) => {
      settled();
      callback(...result);
    });
    const settled = boundedBy(connectMs, clock, withoutUnaskedContinue(withPatientWrites(socket)));
  };
}

// undici uses the host of the address, which for a target with an IP address is not the name in its certificate.
function named({ servername }: TlsConnectOptions): { servername?: string } {
  return servername === undefined ? {} : { servername };
}

/**
 * node:http's connections, opened within the same time limit. Nothing queues here, since the limiter limits the calls.
 */
export function agentWithin(secure: boolean, connection: Connection, connecting: Connecting): HttpAgent {
  const keepAlive = connection === 'any';
  return secure ? new BoundedHttpsAgent(keepAlive, connecting) : new BoundedHttpAgent(keepAlive, connecting);
}

/** Closes idle connections, and the others after their calls. */
export function retire(agent: HttpAgent): void {
  // node:http calls it after each call; its type omits it.
  Object.assign(agent, { keepAlive: false });
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

type CreateConnection = HttpAgent['createConnection'];

class BoundedHttpAgent extends HttpAgent {
  readonly #connecting: Connecting;

  // node:http calls it with each request before its parser exists; its type omits it.
  addRequest(request: ClientRequest, ...options: readonly unknown[]): void {
    Reflect.apply(ADD_REQUEST, this, [withHeadLimit(request, this.#connecting), ...options]);
  }

  constructor(keepAlive: boolean, connecting: Connecting) {
    super({ keepAlive });
    this.#connecting = connecting;
  }

  override createConnection(...args: Parameters<CreateConnection>): ReturnType<CreateConnection> {
    return watched(super.createConnection(...args), 'connect', this.#connecting);
  }
}

class BoundedHttpsAgent extends HttpsAgent {
  readonly #connecting: Connecting;

  addRequest(request: ClientRequest, ...options: readonly unknown[]): void {
    Reflect.apply(ADD_REQUEST, this, [withHeadLimit(request, this.#connecting), ...options]);
  }

  constructor(keepAlive: boolean, connecting: Connecting) {
    super({ keepAlive, ...connecting.tls });
    this.#connecting = connecting;
  }

  override createConnection(...args: Parameters<CreateConnection>): ReturnType<CreateConnection> {
    return watched(super.createConnection(...args), 'secureConnect', this.#connecting);
  }
}

const ADD_REQUEST: (...args: unknown[]) => void = Reflect.get(HttpAgent.prototype, 'addRequest');

/** The limit is in bytes, since a count would drop further fields silently. */
function withHeadLimit(request: ClientRequest, { headLimit }: Connecting): ClientRequest {
  return Object.assign(request, { maxHeaderSize: headLimit, maxHeadersCount: 0 });
}

function watched<T>(socket: T, connected: string, { connectMs, clock }: Connecting): T {
  const settled = boundedBy(connectMs, clock, withPatientWrites(socket));
  if (socket instanceof Socket) socket.once(connected, settled).once('close', settled);
  return socket;
}

/** @returns a function to call when the connection is open or has failed. */
function boundedBy(connectMs: number | undefined, clock: Clock, socket: unknown): () => void {
  if (connectMs === undefined) return () => undefined;
  const timer = new StallTolerantTimer(clock, connectMs, () => {
    if (socket instanceof Socket) socket.destroy(new errors.ConnectTimeoutError('no connection in time'));
  });
  return () => timer.cancel();
}
