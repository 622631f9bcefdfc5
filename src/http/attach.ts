import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Front } from './front.ts';

/** What only a server hears: upgrades, clients that wait for 100 Continue, CONNECT, and requests that are no HTTP. */
export function attach(front: Front, server: Server): void {
  // Another token than websocket is an ordinary request (RFC 9110 §7.8: a server may ignore Upgrade).
  Object.assign(server, { shouldUpgradeCallback: isWebSocket });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    void front.upgrade(req, socket, head, bareResponse(req, socket));
  });
  server.on('checkContinue', (req, res) => {
    front.awaitsContinue(req);
    server.emit('request', req, res);
  });
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => refuse(socket, '405 Method Not Allowed'));
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuse(socket, STATUS[error.code ?? ''] ?? '400 Bad Request');
  });
}

function isWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === 'websocket';
}

/** A response for a socket that Node has let go of, so that an upgrade can be refused in the ordinary way. */
function bareResponse(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  if (socket instanceof Socket) res.assignSocket(socket);
  res.once('finish', () => socket.end());
  return res;
}

const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function refuse(socket: Duplex, status: string): void {
  const [code = '400', ...words] = status.split(' ');
  const name = code === '405' ? 'request.method_not_allowed' : 'request.malformed';
  const body = JSON.stringify({
    type: `urn:portico:error:${name}`,
    title: words.join(' '),
    status: Number(code),
    code: name,
  });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
