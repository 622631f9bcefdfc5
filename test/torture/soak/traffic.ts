import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Chance } from '../../support/chance.ts';

/** No exchange of this test takes longer by itself; a longer one is aborted as by an impatient client. */
const PATIENCE_MS = 5_000;
const MAX_PAUSE_MS = 20;
const BIG = 8 * 1024 * 1024;

type Exchange = (port: number, chance: Chance, agent: Agent) => Promise<string>;

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  get: (port, chance, agent) => download(port, `/get/${chance.upTo(20_000)}${framing(chance)}`, agent, 'fast'),
  cached: (port, chance, agent) => download(port, `/cached/${1_000 + chance.upTo(50)}`, agent, 'fast'),
  post: upload,
  download: (port, chance, agent) => download(port, `/download/${BIG}${framing(chance)}`, agent, 'slow'),
  events: readEvents,
  chat,
  abort,
};

const WEIGHTED = ['get', 'get', 'get', 'cached', 'post', 'post', 'download', 'events', 'chat', 'abort'] as const;

/** Clients of every kind, each with one exchange after the other. */
export class Traffic {
  readonly outcomes = new Map<string, number>();
  readonly #port: number;
  readonly #chance: Chance;
  readonly #clients: Promise<void>[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  #stopped = false;

  constructor(port: number, chance: Chance, clients: number) {
    this.#port = port;
    this.#chance = chance;
    for (let i = 0; i < clients; i++) this.#clients.push(this.#client());
  }

  /** Resolves when every client has finished and closed its connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #client(): Promise<void> {
    while (!this.#stopped) {
      const kind = this.#chance.pick(...WEIGHTED);
      const outcome = await EXCHANGES[kind]?.(this.#port, this.#chance, this.#agent).catch(
        (error: Error & { code?: string }) => error.code ?? error.message,
      );
      const name = `${kind}: ${outcome}`;
      this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
      await delay(this.#chance.upTo(MAX_PAUSE_MS));
    }
  }
}

function framing(chance: Chance): string {
  return chance.happens(0.5) ? '/chunked' : '';
}

async function responseTo(port: number, path: string, agent: Agent): Promise<IncomingMessage> {
  const asked = request({ port, host: '127.0.0.1', path, agent, signal: AbortSignal.timeout(PATIENCE_MS) }).end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  asked.on('error', () => {});
  if (response === undefined) throw new Error('no response');
  return response;
}

/** A response that ended normally must be complete. */
async function download(port: number, path: string, agent: Agent, pace: 'fast' | 'slow'): Promise<string> {
  const response = await responseTo(port, path, agent);
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    for (let i = 0; pace === 'slow' && i < 10; i++) await turn();
  }
  if (response.statusCode !== 200) return `${response.statusCode}`;
  return size === Number(path.split('/')[2]) ? '200' : 'SHORT';
}

async function upload(port: number, chance: Chance, agent: Agent): Promise<string> {
  const body = Buffer.alloc(chance.upTo(256 * 1024), 'b');
  const asked = request({
    port,
    host: '127.0.0.1',
    path: '/post',
    method: 'POST',
    agent,
    signal: AbortSignal.timeout(PATIENCE_MS),
    headers: chance.happens(0.5) ? { 'content-length': body.length } : {},
  });
  const answered = once(asked, 'response');
  asked.end(body);
  const [response]: IncomingMessage[] = await answered;
  asked.on('error', () => {});
  const text = Buffer.concat((await response?.toArray()) ?? []).toString();
  if (response?.statusCode !== 200) return `${response?.statusCode}`;
  return text === String(body.length) ? '200' : 'SHORT';
}

async function readEvents(port: number, chance: Chance): Promise<string> {
  const agent = new Agent({ keepAlive: false });
  const response = await responseTo(port, '/events', agent);
  const max = chance.upTo(80);
  let heard = 0;
  for await (const _chunk of response) {
    heard++;
    if (heard > max) return 'left';
  }
  return `${response.statusCode}`;
}

async function chat(port: number, chance: Chance): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  const given = setTimeout(() => socket.terminate(), PATIENCE_MS);
  const closed = once(socket, 'close').finally(() => clearTimeout(given));
  closed.catch(() => {});
  try {
    await once(socket, 'open');
    for (let i = chance.upTo(10); i >= 0; i--) {
      socket.send(Buffer.alloc(chance.upTo(100_000), i));
      await Promise.race([once(socket, 'message'), closed]);
      if (socket.readyState !== WebSocket.OPEN) return 'lost';
    }
    if (chance.happens(0.3)) socket.terminate();
    else socket.close(4001, 'done');
    await closed;
    return 'closed';
  } finally {
    socket.on('error', () => {});
    socket.terminate();
  }
}

async function abort(port: number, chance: Chance): Promise<string> {
  const agent = new Agent({ keepAlive: false });
  const path = chance.pick(`/download/${BIG}`, `/get/1000`, '/events');
  const asked = request({ port, host: '127.0.0.1', path, agent }).end();
  asked.on('error', () => {});
  asked.on('response', response => response.on('error', () => {}));
  await delay(chance.upTo(30));
  asked.destroy();
  return 'aborted';
}
