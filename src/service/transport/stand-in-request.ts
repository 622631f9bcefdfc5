import { Socket } from 'node:net';
import type { Exchange } from '../../core/exchange.ts';
import { IncomingMessage } from '../../core/node-http.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';
import { BodyFeed } from '../../core/readable.ts';
import { fieldsAsObject, outgoingLength, outgoingPath } from './outgoing.ts';

// The middleware only reads whether the client is still connected; the exchange reports a disconnect.
const NO_SOCKET = new Socket();

// node:http frames the bodies of other methods by itself.
const UNFRAMED: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

/**
 * The substitute for the client's request in http-proxy-middleware, made from the exchange, so that nothing bypasses
 * the gateway's parsing. The body is not read before there is a connection, because until then it may go to another
 * target.
 */
export class StandInRequest extends IncomingMessage {
  readonly #x: Exchange;
  readonly #feed: BodyFeed | undefined;
  #connected = false;
  #wanted = false;

  constructor(x: Exchange, target: Target, clock: Clock) {
    super(NO_SOCKET);
    this.#x = x;
    this.method = x.method;
    this.url = outgoingPath(x, target);
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.headers = { ...fieldsAsObject(x, target, clock), ...framing(x) };
    this.#feed = x.body.kind === 'stream' ? new BodyFeed(x.body, this) : undefined;
  }

  /** The backend is connected, so the body may be sent. */
  connected(): void {
    this.#connected = true;
    if (this.#wanted) this.#give();
  }

  override _read(): void {
    this.#wanted = true;
    if (this.#connected) this.#give();
  }

  // IncomingMessage would destroy the socket that all substitutes share.
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#feed?.close();
    done(error);
  }

  #give(): void {
    if (this.#feed !== undefined) {
      this.#feed.read();
      return;
    }
    if (this.#x.body.kind === 'bytes') this.push(this.#x.body.bytes);
    this.push(null);
  }
}

function framing(x: Exchange): Record<string, string> {
  const length = outgoingLength(x);
  if (length !== undefined) return { 'content-length': String(length) };
  return x.body.kind === 'stream' && UNFRAMED.has(x.method) ? { 'transfer-encoding': 'chunked' } : {};
}
