import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type Backend, startBackend } from './backend.ts';

const KEPT = 20;
const MAX_TEXT = 500;
const TRY_AGAIN_LATER = 1013;

export function startChat(): Promise<Backend> {
  const room = new Room();
  return startBackend({
    name: 'chat',
    handlers: {},
    upgrade: (request, socket, head) => room.open(request, socket, head),
    onChaos: mode => mode === 'failing' && room.disconnectAll(),
  });
}

class Room {
  readonly #server = new WebSocketServer({ noServer: true, path: '/ws/chat', maxPayload: 16 * 1024 });
  readonly #past: string[] = [];

  constructor() {
    this.#server.on('headers', headers => headers.push('Server: internal/chat', 'X-Powered-By: shop-backend/2.3'));
  }

  open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, client => this.#welcome(client));
  }

  disconnectAll(): void {
    for (const client of this.#server.clients) client.close(TRY_AGAIN_LATER, 'broken on purpose');
  }

  #welcome(client: WebSocket): void {
    client.on('error', () => client.terminate());
    client.on('message', data => this.#broadcast(data));
    for (const message of this.#past) client.send(message);
  }

  /** Sends to every client, including the sender, because the page shows what the server received. */
  #broadcast(data: RawData): void {
    const sent = parse(data.toString());
    if (!sent) return;
    const message = JSON.stringify({ ...sent, at: new Date().toISOString() });
    this.#past.push(message);
    if (this.#past.length > KEPT) this.#past.shift();
    for (const client of this.#server.clients) client.send(message);
  }
}

/** A bare text is a message too: `wscat` and a test need no JSON. */
function parse(text: string): { from: string; text: string } | undefined {
  const value = parseJson(text);
  const message = typeof value === 'object' && value !== null ? value : { text };
  const body = 'text' in message && typeof message.text === 'string' ? message.text.trim().slice(0, MAX_TEXT) : '';
  const from = 'from' in message && typeof message.from === 'string' ? message.from.slice(0, 40) : 'guest';
  return body ? { from, text: body } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
