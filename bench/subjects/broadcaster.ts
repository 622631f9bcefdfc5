import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** One event is 90 bytes with one tilde, by which clients count. */
export const EVENT_TEXT = `${JSON.stringify({ id: 7, name: 'Lantern', price: 4900, note: 'x'.repeat(38) })}~`;
const EVENT = `data: ${EVENT_TEXT}\n\n`;
/** A text frame without a mask, RFC 6455 §5.2. */
const FRAME = Buffer.concat([Buffer.from([0x81, EVENT_TEXT.length]), Buffer.from(EVENT_TEXT)]);

export interface Broadcast {
  readonly group: string;
  readonly events: number;
  readonly intervalMs: number;
}

/** Sends the same event to every event stream or WebSocket of a group. */
export class Broadcaster {
  readonly #streams = new Map<string, Set<ServerResponse>>();
  readonly #sockets = new Map<string, Set<Duplex>>();

  addStream(group: string, res: ServerResponse): void {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    res.flushHeaders();
    const members = memberSet(this.#streams, group).add(res);
    res.on('close', () => members.delete(res));
  }

  addSocket(req: IncomingMessage, socket: Duplex): void {
    const accept = createHash('sha1').update(`${req.headers['sec-websocket-key']}${GUID}`).digest('base64');
    const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade';
    socket.write(`${head}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    const members = memberSet(this.#sockets, (req.url ?? '').split('/')[2] ?? '').add(socket);
    // An upgraded socket is not read otherwise, and would not notice that its client left.
    socket.on('error', () => socket.destroy()).on('close', () => members.delete(socket));
    socket.resume();
  }

  async send({ group, events, intervalMs }: Broadcast): Promise<void> {
    for (let i = 0; i < events; i++) {
      for (const res of this.#streams.get(group) ?? []) res.write(EVENT);
      for (const socket of this.#sockets.get(group) ?? []) socket.write(FRAME);
      await new Promise(resolve => setTimeout(resolve, intervalMs));
    }
  }
}

function memberSet<T>(groups: Map<string, Set<T>>, group: string): Set<T> {
  const members = groups.get(group) ?? new Set<T>();
  groups.set(group, members);
  return members;
}
