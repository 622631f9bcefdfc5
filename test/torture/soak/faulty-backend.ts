import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { startBackend, type TestBackend } from '../../support/backend.ts';
import type { Chance } from '../../support/chance.ts';

export const FAULTS = [
  'none',
  'down',
  'reset before the head',
  'reset after the head',
  'truncated',
  'stalled',
  'silent',
  'malformed',
  'slow',
] as const;

export type Fault = (typeof FAULTS)[number];

/** The share of failing responses of an unhealthy backend. */
const SHARE_OF_FAULTS = 0.4;
const SLOW_MS = 300;
const EVENT_MS = 5;
const EVENTS = 40;
const PIECE = Buffer.alloc(64 * 1024, 'p');

/** A backend whose response has the size in its path, unless its current fault applies. */
export class FaultyBackend implements AsyncDisposable {
  fault: Fault = 'none';
  readonly #backend: TestBackend;
  readonly #chance: Chance;

  private constructor(backend: TestBackend, chance: Chance) {
    this.#backend = backend;
    this.#chance = chance;
  }

  static async start(chance: Chance): Promise<FaultyBackend> {
    const backend = await startBackend((req, res) => made.#response(req, res));
    const made = new FaultyBackend(backend, chance);
    made.#takeWebSockets();
    return made;
  }

  get url(): string {
    return this.#backend.url;
  }

  async become(fault: Fault): Promise<void> {
    const before = this.fault;
    this.fault = fault;
    if (fault === 'down') await this.#backend.kill();
    else if (before === 'down') await this.#backend.revive();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#backend.kill();
  }

  #takeWebSockets(): void {
    const sockets = new WebSocketServer({ noServer: true });
    sockets.on('connection', socket => {
      socket.on('error', () => {});
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    this.#backend.server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {});
      const fault = this.#strikes();
      if (fault === 'silent' || fault === 'stalled') socket.resume().on('end', () => socket.end());
      else if (fault === 'malformed') socket.end('HTTP/1.1 what?\r\n\r\n');
      else if (fault !== 'none' && fault !== 'slow') socket.destroy();
      else sockets.handleUpgrade(req, socket, head, client => sockets.emit('connection', client, req));
    });
  }

  #strikes(): Fault {
    return this.#chance.happens(SHARE_OF_FAULTS) ? this.fault : 'none';
  }

  #response(req: IncomingMessage, res: ServerResponse): void {
    // The recorded requests are not needed here.
    this.#backend.requests.length = 0;
    req.on('error', () => {});
    res.on('error', () => {});
    const fault = this.#strikes();
    if (fault === 'reset before the head') req.socket.resetAndDestroy();
    else if (fault === 'malformed') req.socket.end('HTTP/1.1 what?\r\n\r\n');
    else if (fault === 'silent') req.resume();
    else if (req.url?.startsWith('/events')) sendEvents(res);
    else if (req.method === 'POST') countBody(req, res);
    else if (fault === 'slow') setTimeout(() => send(req, res, 'none'), SLOW_MS);
    else send(req, res, fault);
  }
}

/** `/what/SIZE/chunked`: the size in bytes, sent with a length unless the path says chunked. */
function send(req: IncomingMessage, res: ServerResponse, fault: Fault): void {
  const [, , size = '0', framing] = (req.url ?? '').split('/');
  let left = Number(size);
  res.writeHead(200, {
    'content-type': 'application/octet-stream',
    ...(framing === 'chunked' ? {} : { 'content-length': left }),
  });
  const stop = fault === 'none' ? 0 : Math.ceil(left / 2);
  const more = (): void => {
    while (left > stop) {
      const piece = PIECE.subarray(0, Math.min(PIECE.length, left - stop));
      left -= piece.length;
      if (!res.write(piece)) return;
    }
    res.off('drain', more);
    if (fault === 'none') res.end();
    else if (fault === 'truncated') req.socket.destroySoon();
    else if (fault === 'reset after the head') req.socket.resetAndDestroy();
  };
  res.on('drain', more);
  more();
}

function sendEvents(res: ServerResponse): void {
  let sent = 0;
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => {
    res.write(`data: ${sent++}\n\n`);
    if (sent === EVENTS) res.end();
  }, EVENT_MS);
  res.on('close', () => clearInterval(timer)).on('finish', () => clearInterval(timer));
}

function countBody(req: IncomingMessage, res: ServerResponse): void {
  let size = 0;
  req.on('data', (chunk: Buffer) => {
    size += chunk.length;
  });
  req.on('end', () => res.end(String(size)));
}
