import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import type { Clock } from '../../core/ports/clock.ts';
import type { Connection } from '../../core/ports/transport.ts';
import { StallTolerantTimer } from '../../core/stall-tolerant-timer.ts';
import { withPatientWrites } from './patient-writes.ts';
import type { TlsConnectOptions } from './tls-options.ts';
import { withoutUnaskedContinue } from './unasked-continue.ts';

/** How a transport opens connections. */
export interface Connecting {
  /** Until a connection stands, TLS included; undefined for no limit. */
  readonly connectMs: number | undefined;
  /** The longest head of a response, in bytes. */
  readonly headLimit: number;
  readonly tls: TlsConnectOptions;
  readonly clock: Clock;
}

/**
 * Opens undici's connections within a time of ours. undici's own timer has a grain of half a second, and a timer per
 * request would be paid by every request on a connection that stands already.
 */
export function connectorWithin({ connectMs, tls, clock }: Connecting): buildConnector.connector {
  const connect = buildConnector({ ...tls, timeout: 0, allowH2: false });
  return (options, callback) => {
    // Its type says nothing of it, but it returns the socket that it opens.
    const socket: unknown = connect({ ...options, ...named(tls) }, (...result) => {
      settled();
      callback(...result);
    });
    const settled = boundedBy(connectMs, clock, withoutUnaskedContinue(withPatientWrites(socket)));
  };
}

// undici names the host of the address, which for a target with an IP address is not the name on its certificate.
function named({ servername }: TlsConnectOptions): { servername?: string } {
  return servername === undefined ? {} : { servername };
}

/** node:http's connections, opened within the same time. Nothing queues here: the limiter has bounded the calls. */
export function agentWithin(secure: boolean, connection: Connection, connecting: Connecting): HttpAgent {
  const keepAlive = connection === 'any';
  return secure ? new BoundedHttpsAgent(keepAlive, connecting) : new BoundedHttpAgent(keepAlive, connecting);
}

/** Ends connections at rest, and the others when their calls are over. */
export function retire(agent: HttpAgent): void {
  // What node:http calls when a call is over; its type does not contain it.
  Object.assign(agent, { keepAlive: false });
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

type CreateConnection = HttpAgent['createConnection'];

class BoundedHttpAgent extends HttpAgent {
  readonly #connecting: Connecting;

  // What node:http calls with each request before its parser is made; its type says nothing of it.
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

/** Bytes bound the head; a count would drop the fields beyond it in silence. */
function withHeadLimit(request: ClientRequest, { headLimit }: Connecting): ClientRequest {
  return Object.assign(request, { maxHeaderSize: headLimit, maxHeadersCount: 0 });
}

function watched<T>(socket: T, connected: string, { connectMs, clock }: Connecting): T {
  const settled = boundedBy(connectMs, clock, withPatientWrites(socket));
  if (socket instanceof Socket) socket.once(connected, settled).once('close', settled);
  return socket;
}

/** @returns what to call when the connection stands or has failed. */
function boundedBy(connectMs: number | undefined, clock: Clock, socket: unknown): () => void {
  if (connectMs === undefined) return () => undefined;
  const timer = new StallTolerantTimer(clock, connectMs, () => {
    if (socket instanceof Socket) socket.destroy(new errors.ConnectTimeoutError('no connection in time'));
  });
  return () => timer.cancel();
}
