import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { startBackend, type TestBackend } from './backend.ts';

/** The bytes of a WebSocket handshake request. */
export function handshake(path: string, ...fields: readonly string[]): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: shop.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...fields,
    '',
    '',
  ].join('\r\n');
}

export async function openWebSocket(port: number, path: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  await once(socket, 'open');
  return socket;
}

export interface WebSocketBackend extends TestBackend {
  readonly sockets: WebSocketServer;
}

/** A backend that accepts every WebSocket and responds to requests with 404. */
export async function startWebSocketBackend(): Promise<WebSocketBackend> {
  const backend = await startBackend((_req, res) => res.writeHead(404).end('nothing here'));
  return Object.assign(backend, { sockets: new WebSocketServer({ server: backend.server }) });
}
