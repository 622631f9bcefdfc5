import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface TestBackend {
  readonly url: string;
  readonly server: Server;
  /** The received requests, in order. */
  readonly requests: IncomingMessage[];
  /** Refuses connections and breaks the open ones, like a killed process. */
  kill(): Promise<void>;
  /** Listens again on the same port. */
  revive(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real backend on a free port. */
export async function startBackend(listener: RequestListener): Promise<TestBackend> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((req, res) => {
    requests.push(req);
    listener(req, res);
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const kill = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise(resolve => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    requests,
    kill,
    revive: () => listen(server, port),
    [Symbol.asyncDispose]: kill,
  };
}

/** A backend that responds when the test allows it. */
export async function startLateBackend(): Promise<TestBackend & { readonly arrived: Promise<void>; release(): void }> {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const backend = await startBackend(async (_req, res) => {
    arrive();
    await released;
    res.end('late');
  });
  return { ...backend, arrived, release: () => release() };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** An address without a listener: connections are refused at once. */
export async function deadAddress(): Promise<string> {
  await using backend = await startBackend(() => {});
  return backend.url;
}
