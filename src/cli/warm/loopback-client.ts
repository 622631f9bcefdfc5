import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, request } from '../../core/node-http.ts';
import type { Gateway } from '../../gateway.ts';

/** The response of one page. */
export interface PageResponse {
  readonly status: number;
  /** The result of the cache; undefined if the page's route has none. */
  readonly cacheStatus: string | undefined;
  readonly type: string;
  readonly body: string;
}

/** Maximum size of a page that is searched for links, in bytes. */
const MAX_LENGTH = 8 * 1024 * 1024;

/**
 * A loopback listener of this process in front of a gateway, for requests as browsers send them to the public origin.
 */
export class LoopbackClient {
  readonly #server: Server;
  readonly #port: number;
  readonly #host: string;

  private constructor(server: Server, port: number, host: string) {
    this.#server = server;
    this.#port = port;
    this.#host = host;
  }

  /** @param origin `https://shop.example`: responses are stored for each origin separately. */
  static async open(gateway: Gateway, origin: URL): Promise<LoopbackClient> {
    const isHttps = origin.protocol === 'https:';
    const server = createServer((req, res) => {
      // TLS ends before this listener; the gateway reads the origin's scheme from its socket.
      if (isHttps) Object.defineProperty(req.socket, 'encrypted', { value: true, configurable: true });
      gateway.handler(req, res);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new LoopbackClient(server, (server.address() as AddressInfo).port, origin.host);
  }

  request(path: string): Promise<PageResponse> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: this.#port,
        path,
        headers: { Host: this.#host, Accept: 'text/html,*/*;q=0.8' },
      };
      const req = request(options, res => void read(res).then(resolve, reject));
      req.on('error', reject);
      req.end();
    });
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

async function read(res: IncomingMessage): Promise<PageResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of res as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_LENGTH) chunks.push(chunk);
  }
  const cacheStatus = res.headers['cache-status'];
  return {
    status: res.statusCode ?? 0,
    cacheStatus: Array.isArray(cacheStatus) ? cacheStatus.join(', ') : cacheStatus,
    type: res.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString(),
  };
}
