import { type ClientConnection, openTogether } from './client-connection.ts';

/** What a load sends, and the status that it expects. */
export interface LoadRequest {
  /** A function gives each request a path of its own. */
  readonly path: string | (() => string);
  readonly method?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default 200. */
  readonly status?: number;
}

/**
 * Clients with persistent connections and one request at a time on each, who read every response in full. The next
 * request is sent when the response before is whole: a closed loop.
 */
export class Load {
  readonly #connections: readonly ClientConnection[];
  readonly #bytes: () => string;
  readonly #status: number;
  #asked = 0;
  #failed = 0;
  #lastFailure: unknown;

  private constructor(connections: readonly ClientConnection[], bytes: () => string, status: number) {
    this.#connections = connections;
    this.#bytes = bytes;
    this.#status = status;
  }

  static async open(port: number, what: string | LoadRequest, connections: number): Promise<Load> {
    const request = typeof what === 'string' ? { path: what } : what;
    return new Load(await openTogether(port, connections), writer(port, request), request.status ?? 200);
  }

  /** Requests that were refused or whose connection broke. */
  get failed(): number {
    return this.#failed;
  }

  /** @throws if more than one in a hundred requests failed. */
  async run(requests: number): Promise<void> {
    let left = requests;
    const client = async (connection: ClientConnection): Promise<void> => {
      while (left-- > 0)
        await connection.ask(this.#bytes(), this.#status).catch(error => this.#fail(error, connection));
    };
    await Promise.all(this.#connections.map(client));
    this.#asked += requests;
    if (this.#failed > this.#asked / 100 + 5) throw this.#lastFailure;
  }

  #fail(error: unknown, connection: ClientConnection): void {
    this.#failed++;
    this.#lastFailure = error;
    // The rest of a response that is not the expected one is still on its way.
    connection.close();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** The bytes of each request. */
export function writer(port: number, { path, method = 'GET', fields = {}, body = '' }: LoadRequest): () => string {
  const own = Object.entries({ ...fields, ...(body !== '' && { 'Content-Length': String(body.length) }) });
  const usual = 'Accept: application/json\r\nAccept-Language: en\r\nUser-Agent: bench\r\n';
  const head = `${usual}${own.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
  const rest = ` HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${head}\r\n${body}`;
  if (typeof path === 'function') return () => `${method} ${path()}${rest}`;
  const bytes = `${method} ${path}${rest}`;
  return () => bytes;
}
