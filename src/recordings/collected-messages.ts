import { isUtf8 } from 'node:buffer';
import type { Clock } from '../core/ports/clock.ts';
import { MAX_PARTS, roundedWait, type StreamEnd } from './collected-events.ts';
import type { MessageContent, RecordedMessage } from './recorded-response.ts';
import type { TunnelTap } from './tapped-tunnel.ts';
import { isData, OPCODE, type WebSocketMessage, WebSocketReader } from './websocket-frames.ts';

export interface CollectedWebSocket {
  readonly messages: readonly RecordedMessage[];
  readonly end: StreamEnd;
}

export interface MessageCollection {
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  /** Of all messages together, in bytes. */
  readonly limit: number;
}

/** Collects what a backend sends over a WebSocket, and how many messages of the client came before each of it. */
export class CollectedMessages implements TunnelTap {
  readonly #options: MessageCollection;
  readonly #done: (collected: CollectedWebSocket) => void;
  readonly #client: WebSocketReader;
  readonly #backend: WebSocketReader;
  readonly #messages: RecordedMessage[] = [];
  #sent = 0;
  #size = 0;
  #last: number;
  #ends = false;
  #hasClosed = false;
  #isFull = false;
  #isOver = false;

  constructor(options: MessageCollection, done: (collected: CollectedWebSocket) => void) {
    this.#options = options;
    this.#done = done;
    this.#last = options.clock.now();
    this.#client = new WebSocketReader(options.limit, message => this.#fromClient(message));
    this.#backend = new WebSocketReader(options.limit, message => this.#fromBackend(message));
  }

  fromClient(bytes: Buffer): void {
    this.#client.read(bytes);
  }

  fromBackend(bytes: Buffer): void {
    this.#backend.read(bytes);
  }

  backendEnded(): void {
    this.#ends = true;
  }

  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#done({ messages: this.#messages, end: this.#end() });
  }

  #end(): StreamEnd {
    // Behind a message of the client that was too long, the count of its messages is not known.
    const isCut = this.#isFull || this.#backend.isLost || this.#client.isLost;
    if (isCut) return this.#ends || this.#hasClosed ? 'too long' : 'cut';
    return this.#ends ? 'ended' : 'left';
  }

  #fromClient(message: WebSocketMessage): void {
    // RFC 6455 §5.5.1: a backend that closes after its client says nothing of its own.
    if (message.opcode === OPCODE.close) this.closed();
    if (!isData(message)) return;
    this.#sent++;
    this.#last = this.#options.clock.now();
  }

  #fromBackend(message: WebSocketMessage): void {
    // Its client answers with a close frame before the backend hangs up.
    if (message.opcode === OPCODE.close) this.#hasClosed = true;
    const content = this.#isFull || this.#client.isLost ? undefined : this.#contentOf(message);
    if (content === undefined) return;
    this.#size += message.payload.length;
    this.#isFull = this.#messages.length >= MAX_PARTS || this.#size > this.#options.limit;
    if (this.#isFull) return;
    const now = this.#options.clock.now();
    this.#messages.push({ wait: roundedWait(now - this.#last), after: this.#sent, ...content });
    this.#last = now;
  }

  /** Undefined for pings and pongs, which keep a connection alive and say nothing. */
  #contentOf({ opcode, payload }: WebSocketMessage): MessageContent | undefined {
    if (opcode === OPCODE.ping || opcode === OPCODE.pong) return undefined;
    const clean = isUtf8(payload) && opcode !== OPCODE.close ? this.#options.redact(payload.toString()) : undefined;
    if (opcode === OPCODE.text && clean !== undefined) return { text: clean };
    if (opcode !== OPCODE.close)
      return { base64: (clean === undefined ? payload : Buffer.from(clean)).toString('base64') };
    if (payload.length < 2) return { close: 0 };
    const reason = this.#options.redact(payload.subarray(2).toString());
    return { close: payload.readUInt16BE(0), ...(reason !== '' && { reason }) };
  }
}
