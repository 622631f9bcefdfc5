import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeClock } from '../support/clock.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

export type Profile = 'default' | 'rfc9111';

/** The backend's response to one request. */
export interface Answer {
  readonly status?: number;
  /** Name, value, name, value, ...; `Date` is now unless it is listed. */
  readonly headers?: readonly string[] | ((now: (seconds?: number) => string) => readonly string[]);
  readonly body?: string;
  /** Closes the connection instead. */
  readonly drop?: boolean;
  readonly hints?: Readonly<Record<string, string>>;
  /** Whether it sends 102 first. */
  readonly processing?: boolean;
}

/** What a client must see: a stored response, or one of the backend, which was called with or without validators. */
export type Seen = 'stored' | 'asked' | 'validated' | 'refused';

export interface Step {
  readonly ask?: {
    readonly method?: string;
    readonly headers?: readonly string[];
    readonly path?: string;
    readonly body?: string;
  };
  readonly response?: Answer;
  /** Seconds that pass before the request. */
  readonly after?: number;
  readonly sees?: Seen | Readonly<Record<Profile, Seen>>;
  readonly status?: number;
  readonly body?: string;
  /** The statuses of the informational responses before the response. */
  readonly interim?: readonly number[];
  /** Fields of the response; `null` for an absent one. */
  readonly has?: Readonly<Record<string, string | null | RegExp>>;
  /** Fields of the backend request. */
  readonly backendHas?: Readonly<Record<string, string | null>>;
}

export interface Reading {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly interim: readonly number[];
  /** The backend requests of this step. */
  readonly requests: readonly IncomingMessage[];
}

/** A gateway before a backend that responds by a script, one script per path. */
export class Stage implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly #scripts = new Map<string, Answer[]>();
  readonly #asked: IncomingMessage[] = [];
  #count = 0;
  readonly #backend = createServer((req, res) => {
    this.#asked.push(req);
    const path = req.url?.split('?')[0] ?? '';
    const { status = 200, headers = [], body, drop, hints, processing } = this.#next(path, req);
    if (drop === true) {
      req.socket.destroy();
      return;
    }
    if (processing === true) res.writeProcessing();
    if (hints !== undefined) res.writeEarlyHints(hints);
    const flat = typeof headers === 'function' ? headers(seconds => this.date(seconds)) : headers;
    const hasDate = flat.some(text => text.toLowerCase() === 'date');
    res.sendDate = false;
    const text = body ?? `answer ${++this.#count}`;
    const isEmpty = status === 204 || status === 304;
    const length =
      flat.some(name => name.toLowerCase() === 'content-length') || isEmpty
        ? []
        : ['Content-Length', String(Buffer.byteLength(text))];
    res.writeHead(status, [...flat, ...(hasDate ? [] : ['Date', this.date()]), ...length]);
    res.end(isEmpty ? undefined : text);
  });
  #gateway: TestGateway | undefined;

  /** Equal requests get the same response, since the cache repeats a request to learn the Vary. */
  #next(path: string, { headers }: IncomingMessage): Answer {
    const responses = this.#scripts.get(path) ?? [];
    const [response = {}] = responses;
    const isConditional = 'if-none-match' in headers || 'if-modified-since' in headers;
    return response.status === 304 && !isConditional ? {} : response;
  }

  static async open(profile: Profile, cache = ''): Promise<Stage> {
    const stage = new Stage();
    await new Promise<void>(resolve => stage.#backend.listen(0, '127.0.0.1', resolve));
    const { port } = stage.#backend.address() as AddressInfo;
    const route = `import { defineRoute } from 'portico';
      export default defineRoute({ proxy: 'http://127.0.0.1:${port}', limits: { body: '1MB' },
        cache: { profile: '${profile}', ${cache} } });\n`;
    stage.#gateway = await startGateway({ 'routes/[...path].ts': route }, { clock: stage.clock });
    return stage;
  }

  date(seconds = 0): string {
    return new Date(this.clock.wall() + seconds * 1000).toUTCString();
  }

  async play(path: string, step: Step): Promise<Reading> {
    this.clock.advance((step.after ?? 0) * 1000);
    const asked = step.ask?.path ?? path;
    const responses = this.#scripts.get(asked.split('?')[0] ?? '') ?? [];
    responses.length = 0;
    if (step.response !== undefined) responses.push(step.response);
    this.#scripts.set(asked.split('?')[0] ?? '', responses);
    const before = this.#asked.length;
    const reading = await ask(this.#gateway?.port ?? 0, asked, step.ask);
    return { ...reading, requests: this.#asked.slice(before) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]();
    this.#backend.closeAllConnections();
    await new Promise(resolve => this.#backend.close(resolve));
  }
}

function ask(
  port: number,
  path: string,
  { method = 'GET', headers = [], body }: NonNullable<Step['ask']> = {},
): Promise<Omit<Reading, 'requests'>> {
  return new Promise((resolve, reject) => {
    const interim: number[] = [];
    const fields = [
      'Host',
      `127.0.0.1:${port}`,
      ...headers,
      ...(body === undefined ? [] : ['Content-Length', String(body.length)]),
    ];
    const req = httpRequest({ port, host: '127.0.0.1', path, method, headers: fields as never, agent: false }, res => {
      const chunks: Buffer[] = [];
      res.on('data', chunk => chunks.push(chunk));
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, headers: res.headers, interim, body: Buffer.concat(chunks).toString() }),
      );
      res.on('error', reject);
    });
    req.on('information', ({ statusCode }) => interim.push(statusCode));
    req.on('error', reject);
    req.end(body);
  });
}

/** What a client saw in one response. */
export function seen({ requests, headers: received }: Reading): Seen {
  const [request] = requests;
  if (request === undefined) return received['cache-status']?.includes('hit') === true ? 'stored' : 'refused';
  const { headers } = request;
  return headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined ? 'validated' : 'asked';
}
