import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ServerResponse } from '../core/node-http.ts';
import { continueWhenRead } from './continue.ts';
import type { RequestHandler } from './request-handler.ts';

/**
 * Handles server events outside the middleware: upgrades, 100 Continue, CONNECT, and malformed requests.
 * @param mount the path below which the gateway is mounted in a team's own app; '' for the root. Upgrades elsewhere
 * belong to the team.
 */
export function attach(requestHandler: RequestHandler, server: Server, mount: string): void {
  if (!('maxHeadersCount' in server)) {
    throw new TypeError(
      'attach() takes a server of node:http or node:https, not of HTTP/2: put a proxy that speaks HTTP/2 before it',
    );
  }
  // An upgrade to another protocol than websocket is an ordinary request (RFC 9110 §7.8: a server may ignore Upgrade).
  Object.assign(server, { shouldUpgradeCallback: isWebSocket });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (enterMount(req, mount)) void requestHandler.upgrade(req, socket, head, bareResponse(req, socket));
    else if (server.listenerCount('upgrade') === 1) refuse(socket, '404 Not Found');
  });
  server.on('checkContinue', (req, res) => {
    continueWhenRead(req, res);
    server.emit('request', req, res);
  });
  // RFC 9110 §10.1.1: other expectations may be ignored. Node would respond by itself, before any route.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  // Node would drop fields beyond its own maximum silently; here they are counted, and too many are rejected.
  server.maxHeadersCount ??= 0;
  server.on('connect', (_req: IncomingMessage, socket: Duplex) => refuse(socket, '405 Method Not Allowed'));
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    // A browser that preconnected would read a 408 as the response to its first request.
    if (error.code === 'ECONNRESET' || !socket.writable || isUntouched(socket)) socket.destroy();
    else {
      requestHandler.pipelines.broken(socket, {
        refuse: () => refuse(socket, STATUS[error.code ?? ''] ?? '400 Bad Request'),
        hangUp: () => hangUp(socket),
      });
    }
  });
}

function isWebSocket(req: IncomingMessage): boolean {
  const { upgrade, 'content-length': length = '0', 'transfer-encoding': encoding } = req.headers;
  // Node waits for the end of an upgrade's body, which may never come; RFC 6455 §4.1 defines none.
  return req.method === 'GET' && upgrade?.toLowerCase() === 'websocket' && length === '0' && encoding === undefined;
}

/** As Express does for requests: the mount path is removed from the URL and remembered. */
function enterMount(req: IncomingMessage, mount: string): boolean {
  if (mount === '') return true;
  const url = req.url ?? '';
  const rest = url.slice(mount.length);
  if (!url.startsWith(mount) || (rest !== '' && rest[0] !== '/' && rest[0] !== '?')) return false;
  Object.assign(req, { baseUrl: mount, url: rest[0] === '/' ? rest : `/${rest}` });
  return true;
}

function isUntouched(socket: Duplex): boolean {
  return socket instanceof Socket && socket.bytesRead === 0;
}

/** A response for a socket that Node has released, so that an upgrade can be rejected normally. */
function bareResponse(req: IncomingMessage, socket: Duplex): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  if (socket instanceof Socket) res.assignSocket(socket);
  res.once('finish', () => hangUp(socket));
  return res;
}

const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const NAMES: Readonly<Record<string, string>> = {
  404: 'request.not_found',
  405: 'request.method_not_allowed',
  408: 'request.timeout',
  431: 'request.head_too_large',
};

/** Responds on a socket without Node's own listeners. */
function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  const [code = '400', ...words] = status.split(' ');
  const name = NAMES[code] ?? 'request.malformed';
  const body = JSON.stringify({
    type: `urn:portico:error:${name}`,
    title: words.join(' '),
    status: Number(code),
    code: name,
  });
  const allow = code === '405' ? 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n' : '';
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\n${allow}Content-Type: application/problem+json\r\n`;
  if (socket.writable) socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  hangUp(socket);
}

/** Time for a client to close its side after its last response. */
const LINGER_MS = 1_000;

/**
 * Closes a connection whose client may still be sending; closing it at once could reset it before the client reads the
 * response.
 */
function hangUp(socket: Duplex): void {
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}
