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
    answers: {},
    upgrade: (request, socket, head) => room.open(request, socket, head),
    onChaos: mode => mode === 'failing' && room.dismiss(),
  });
}

class Room {
  readonly #door = new WebSocketServer({ noServer: true, path: '/ws/chat', maxPayload: 16 * 1024 });
  readonly #past: string[] = [];

  constructor() {
    this.#door.on('headers', headers => headers.push('Server: internal/chat', 'X-Powered-By: shop-backend/2.3'));
  }

  open(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#door.handleUpgrade(request, socket, head, guest => this.#welcome(guest));
  }

  dismiss(): void {
    for (const guest of this.#door.clients) guest.close(TRY_AGAIN_LATER, 'broken on purpose');
  }

  #welcome(guest: WebSocket): void {
    guest.on('error', () => guest.terminate());
    guest.on('message', data => this.#say(data));
    for (const message of this.#past) guest.send(message);
  }

  /** To everybody, the speaker too: what you see is what the room heard. */
  #say(data: RawData): void {
    const said = parse(data.toString());
    if (!said) return;
    const message = JSON.stringify({ ...said, at: new Date().toISOString() });
    this.#past.push(message);
    if (this.#past.length > KEPT) this.#past.shift();
    for (const guest of this.#door.clients) guest.send(message);
  }
}

/** A bare text is a message too: `wscat` and a test need no JSON. */
function parse(text: string): { from: string; text: string } | undefined {
  const said = parseJson(text);
  const message = typeof said === 'object' && said !== null ? said : { text };
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
