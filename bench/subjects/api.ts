import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { announce } from './announce.ts';
import { jsonOf } from './bodies.ts';
import { Broadcaster } from './broadcaster.ts';

// The backend of the table. The last segment of a path is the size of the response in bytes: /stored/90.
const bodies = new Map<number, Buffer>();
const broadcaster = new Broadcaster();

const server = createServer((req, res) => {
  const [, kind = '', name = ''] = (req.url ?? '').split(/[/?]/);
  if (kind === 'events') broadcaster.addStream(name, res);
  else if (req.method === 'POST') req.resume().on('end', () => send(res, 'plain', 90));
  else send(res, kind, Number(name));
});
server.on('upgrade', (req: IncomingMessage, socket) => broadcaster.addSocket(req, socket));
process.on('message', order => broadcaster.send(order as Parameters<Broadcaster['send']>[0]));
announce(server);

function send(res: ServerResponse, kind: string, bytes: number): void {
  const body = bodyOf(Number.isNaN(bytes) ? 90 : bytes);
  const stored = kind === 'plain' ? [] : ['Cache-Control', 'max-age=3600', 'ETag', `"${body.length}"`];
  res.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', String(body.length), ...stored]);
  res.end(body);
}

function bodyOf(bytes: number): Buffer {
  const known = bodies.get(bytes);
  if (known !== undefined) return known;
  const body = jsonOf(bytes);
  bodies.set(bytes, body);
  return body;
}
