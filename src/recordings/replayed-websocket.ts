import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Tunnel } from '../core/body.ts';
import type { GatewayError } from '../core/failure.ts';
import type { Clock, Timer } from '../core/ports/clock.ts';
import type { RecordedMessage, RecordedResponse } from './recorded-response.ts';
import { MAX_WAIT_MS } from './replayed-stream.ts';
import { isData, OPCODE, serverFrame, type WebSocketMessage, WebSocketReader } from './websocket-frames.ts';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** RFC 6455 §4.2.2: the answer to a client's key. */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key.trim() + GUID)
    .digest('base64');
}

/** A longer message of a client is not followed. In bytes. */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** Plays the backend of a recorded WebSocket: each message comes when the client has sent as many as before. */
export class ReplayedWebSocket implements Tunnel {
  readonly kind = 'tunnel';
  readonly #clock: Clock;
  readonly #messages: readonly RecordedMessage[];
  readonly #ends: boolean;
  readonly #listeners: (() => void)[] = [];
  #client: Duplex | undefined;
  #isOver = false;
  #received = 0;
  #next = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, { messages = [], ends }: RecordedResponse) {
    this.#clock = clock;
    this.#messages = messages;
    this.#ends = ends === true;
  }

  open(client: Duplex, head: Buffer): void {
    this.#client = client;
    const reader = new WebSocketReader(MAX_MESSAGE, message => this.#fromClient(message));
    if (head.length > 0) reader.read(head);
    client.on('data', (chunk: Buffer) => reader.read(chunk));
    client.on('end', () => client.end());
    client.on('error', () => client.destroy());
    client.on('close', () => this.#over());
    client.resume();
    this.#schedule();
  }

  cancel(_reason: GatewayError): void {
    this.#client?.destroy();
    this.#over();
  }

  onEnd(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#listeners.push(listener);
  }

  #fromClient(message: WebSocketMessage): void {
    if (message.opcode === OPCODE.ping) this.#write({ opcode: OPCODE.pong, payload: message.payload });
    if (message.opcode === OPCODE.close) this.#close(message.payload);
    if (!isData(message)) return;
    this.#received++;
    if (this.#timer === undefined) this.#schedule();
  }

  #schedule(): void {
    const message = this.#messages[this.#next];
    if (message === undefined) {
      // Without a close frame: its backend hung up.
      if (this.#ends && this.#next === this.#messages.length) this.#client?.end();
      return;
    }
    if (message.after > this.#received || this.#isOver) return;
    this.#timer = this.#clock.after(Math.min(message.wait, MAX_WAIT_MS), () => this.#send(message));
  }

  #send(message: RecordedMessage): void {
    this.#timer = undefined;
    this.#next++;
    if ('close' in message) this.#close(closePayload(message));
    else if ('text' in message) this.#write({ opcode: OPCODE.text, payload: Buffer.from(message.text) });
    else this.#write({ opcode: OPCODE.binary, payload: Buffer.from(message.base64, 'base64') });
    this.#schedule();
  }

  /** RFC 6455 §5.5.1: the close frame is the last one. */
  #close(payload: Buffer): void {
    this.#write({ opcode: OPCODE.close, payload });
    this.#next = this.#messages.length + 1;
    this.#client?.end();
  }

  #write(message: WebSocketMessage): void {
    if (this.#client?.writable === true) this.#client.write(serverFrame(message));
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    for (const listener of this.#listeners) listener();
  }
}

function closePayload({ close, reason = '' }: { readonly close: number; readonly reason?: string }): Buffer {
  if (close === 0) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from([close >> 8, close & 0xff]), Buffer.from(reason)]);
}
