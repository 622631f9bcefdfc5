import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setInterval as every } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const STREAMS = 20;
const PER_SECOND = 500;
const TICK_MS = 20;
const PER_TICK = (PER_SECOND * TICK_MS) / 1_000;
/** Connections that stay. Each can be idle once when the worker at its other end leaves. */
const KEPT = 20;

/** A call that waits for the test, and the worker that sent it. */
interface HeldCall {
  readonly res: ServerResponse;
  readonly request: string;
  readonly pid: string;
}

/** A backend with a page, event streams that speak all the time, and WebSockets that echo. */
async function backendOf() {
  const held: HeldCall[] = [];
  const backend = await startBackend((req, res) => {
    if (req.url?.startsWith('/held')) {
      held.push({ res, request: req.url, pid: String(req.headers['x-worker']) });
      return;
    }
    if (req.url !== '/events') {
      res.end('page');
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => res.write(`data: ${Date.now()}\n\n`), 10);
    res.on('close', () => clearInterval(timer));
  });
  const sockets = new WebSocketServer({ server: backend.server });
  sockets.on('connection', socket => {
    socket.on('message', text => socket.send(String(text)));
    socket.send('hello');
  });
  return { backend, held };
}

async function running(workers: number) {
  const { backend, held } = await backendOf();
  const project = await createProject({
    'routes/page.get.ts': `import { pages } from '#services';\n${route("'/page', { proxy: pages }")}`,
    'routes/events.get.ts': route(`'/events', { proxy: '${backend.url}/events' }`),
    'routes/chat.get.ts': route(`'/chat', { proxy: '${backend.url}/chat' }`),
    // A busy computer is no overload of the backend, which the learned limit could take it for.
    'services.ts': `import { defineService } from 'portico';
export const pages = defineService('pages', { targets: ['${backend.url}'], concurrency: false });
export const holding = defineService('holding', { targets: ['${backend.url}'], headers: { 'x-worker': String(process.pid) } });\n`,
    'routes/held.get.ts': `import { holding } from '#services';\n${route("'/held', { proxy: holding, timeout: '60s' }")}`,
  });
  const portico = startPortico('start', ['--workers', `${workers}`, '--dir', project.dir]);
  const { url } = await portico.ready();
  return {
    portico,
    url,
    held,
    async [Symbol.asyncDispose]() {
      for (const resource of [portico, project, backend]) await resource[Symbol.asyncDispose]();
    },
  };
}

/** What became of requests, streams and WebSockets, by name: `200`, `ECONNRESET`. */
class Outcomes {
  readonly counts: Record<string, number> = {};
  add(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

/** What a load has done. */
interface LoadReport {
  readonly outcomes: Readonly<Record<string, number>>;
  /** The requests, each counted once. */
  readonly sent: number;
  /** The requests that were sent once more. */
  readonly repeated: number;
  /** The ticks of its clock; each sends `PER_TICK` requests. */
  readonly ticks: number;
}

/** Requests at a steady rate, half of them on connections that stay, until it is stopped. */
class SteadyLoad {
  readonly outcomes = new Outcomes();
  readonly #url: string;
  readonly #kept = new Agent({ keepAlive: true, maxSockets: KEPT });
  readonly #fresh = new Agent({ keepAlive: false });
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #sent = 0;
  #repeated = 0;
  #ticks = 0;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#run();
  }

  get sent(): number {
    return this.#sent;
  }

  /** Resolves when so many requests have been sent. */
  reached(count: number): Promise<void> {
    return expect.poll(() => this.#sent, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  }

  async stop(): Promise<LoadReport> {
    this.#stop.abort();
    await this.#done;
    await Promise.all(this.#running);
    for (const agent of [this.#kept, this.#fresh]) agent.destroy();
    return { outcomes: this.outcomes.counts, sent: this.#sent, repeated: this.#repeated, ticks: this.#ticks };
  }

  async #run(): Promise<void> {
    const ticks = every(TICK_MS, undefined, { signal: this.#stop.signal });
    try {
      for await (const _tick of ticks) {
        this.#ticks++;
        for (let i = 0; i < PER_TICK; i++) this.#send(i);
      }
    } catch {
      // It was stopped.
    }
  }

  #send(i: number): void {
    this.#sent++;
    const sent = page(this.#url, i % 2 === 0 ? this.#kept : this.#fresh, () => this.#repeated++)
      .then(
        outcome => this.outcomes.add(outcome),
        (error: NodeJS.ErrnoException) => this.outcomes.add(error.code ?? error.message),
      )
      .finally(() => this.#running.delete(sent));
    this.#running.add(sent);
  }
}

/**
 * One GET. A connection that was idle may end while a request is on its way to it, so a client sends it once more, as
 * browsers do (RFC 9112 §9.3.1). A new connection has no such excuse, and the second request gets a new one.
 * @param repeats is called for a request that is sent once more.
 */
async function page(url: string, agent: Agent | false, repeats: () => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage | 'again'>();
  const req = get(url, { agent }, resolve);
  req.once('error', (error: NodeJS.ErrnoException) => {
    if (req.reusedSocket && error.code === 'ECONNRESET') resolve('again');
    else reject(error);
  });
  const response = await promise;
  if (response === 'again') {
    repeats();
    return page(url, false, repeats);
  }
  const body = await text(response);
  return body === 'page' ? String(response.statusCode) : `${response.statusCode} ${body}`;
}

/** A client of an event stream that connects again, as EventSource does; it notes how each stream ended. */
class EventClient {
  readonly ends = new Outcomes();
  /** The number of streams. */
  opened = 0;
  #isStopped = false;
  #current: IncomingMessage | undefined;
  readonly #done: Promise<void>;

  constructor(url: string) {
    this.#done = this.#run(url);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#current?.destroy();
    await this.#done;
  }

  async #run(url: string): Promise<void> {
    while (!this.#isStopped) {
      const end = await this.#read(url).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
      if (!this.#isStopped) this.ends.add(end);
    }
  }

  async #read(url: string): Promise<string> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { agent: false }, resolve).once('error', reject);
    });
    this.#current = response;
    // It may have been stopped while it connected.
    if (this.#isStopped) response.destroy();
    this.opened++;
    let tail = '';
    for await (const chunk of response) tail = `${tail}${chunk}`.slice(-2);
    return response.statusCode !== 200
      ? `${response.statusCode}`
      : tail === '\n\n'
        ? 'behind an event'
        : 'inside an event';
  }
}

/** The same of a WebSocket. */
class ChatClient {
  readonly ends = new Outcomes();
  opened = 0;
  #isStopped = false;
  #current: WebSocket | undefined;
  readonly #done: Promise<void>;

  constructor(url: string) {
    this.#done = this.#run(url.replace('http', 'ws'));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#current?.terminate();
    await this.#done;
  }

  async #run(url: string): Promise<void> {
    while (!this.#isStopped) {
      const socket = new WebSocket(url);
      this.#current = socket;
      socket.once('message', () => this.opened++);
      socket.on('error', error => this.#isStopped || this.ends.add(error.message));
      const code = await new Promise<number>(resolve => socket.once('close', resolve));
      if (!this.#isStopped) this.ends.add(String(code));
    }
  }
}

const list = <T>(make: () => T): readonly T[] => Array.from({ length: STREAMS }, make);
const endsOf = (clients: readonly { readonly ends: Outcomes }[]) => [
  ...new Set(clients.flatMap(({ ends }) => Object.keys(ends.counts))),
];
const opened = (clients: readonly { readonly opened: number }[]) => clients.every(client => client.opened > 0);

describe('a gateway under load', () => {
  // Ten workers start one after another, beside the load.
  it('fails and resets nothing in five reloads, and streams end where their clients can go on', {
    timeout: 90_000,
  }, async () => {
    await using gateway = await running(2);
    const { portico, url } = gateway;
    const [events, chats] = [list(() => new EventClient(`${url}/events`)), list(() => new ChatClient(`${url}/chat`))];
    await expect.poll(() => opened(events) && opened(chats), { timeout: 20_000 }).toBe(true);
    const load = new SteadyLoad(`${url}/page`);
    for (let generation = 2; generation <= 6; generation++) {
      const { sent } = load;
      portico.child.kill('SIGHUP');
      expect((await portico.event('reloaded')).generation).toBe(generation);
      // The load did not stand still meanwhile.
      expect(load.sent).toBeGreaterThan(sent);
    }
    // Every stream of the first workers has ended, and its client is connected again.
    const again = (clients: readonly { readonly opened: number }[]) => clients.every(client => client.opened > 1);
    await expect.poll(() => again(events) && again(chats), { timeout: 20_000 }).toBe(true);
    await load.reached(2 * PER_SECOND);
    const { outcomes, sent, repeated, ticks } = await load.stop();
    await Promise.all([...events, ...chats].map(client => client.stop()));
    expect(sent).toBe(ticks * PER_TICK);
    expect(outcomes).toEqual({ '200': sent });
    // Each of the five reloads ends the connections that stay, and few of them while a request is on its way.
    expect(repeated).toBeLessThanOrEqual(5 * KEPT);
    expect([endsOf(events), endsOf(chats)]).toEqual([['behind an event'], ['1001']]);
  });

  it('loses only the requests in flight of a worker that is killed', async () => {
    await using gateway = await running(3);
    const { portico, url, held } = gateway;
    const responses = Array.from({ length: 30 }, (_, i) =>
      fetch(`${url}/held?${i}`, { headers: { connection: 'close' } }).then(
        response => String(response.status),
        () => 'broken',
      ),
    );
    await expect.poll(() => held.length, { timeout: 20_000 }).toBe(responses.length);
    const victim = held[0]?.pid;
    const load = new SteadyLoad(`${url}/page`);
    process.kill(Number(victim), 'SIGKILL');
    await portico.event('worker-replaced');
    for (const { res } of held) res.end('held');
    const outcomes = await Promise.all(responses);
    const isLost = new Set(held.filter(({ pid }) => pid === victim).map(({ request }) => request));
    expect(outcomes).toEqual(outcomes.map((_, i) => (isLost.has(`/held?${i}`) ? 'broken' : '200')));
    // Other clients lose what they had sent to it, and no more: most have a 200, and none has an error of the gateway.
    await load.reached(PER_SECOND);
    const { outcomes: pages, sent, repeated } = await load.stop();
    const { '200': served = 0, ...others } = pages;
    const lost = Object.values(others).reduce((sum, count) => sum + count, 0);
    expect(served + lost).toBe(sent);
    // One worker of three died once: a repeat for each connection that stays, at most, and a loss for each request that
    // it had.
    expect(repeated).toBeLessThanOrEqual(KEPT);
    expect(served).toBeGreaterThan(sent / 2);
    for (const outcome of Object.keys(others)) expect(outcome).toMatch(/^(?:ECONNRESET|socket hang up)$/);
  });
});
