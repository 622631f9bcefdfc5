import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { portOf } from './port.ts';

export interface ScriptedBackend extends AsyncDisposable {
  readonly port: number;
  /** The number of accepted connections. */
  readonly connections: number;
}

/** A backend of raw bytes: the test scripts each connection. */
export function scriptedBackend(script: (socket: Socket) => void, tls?: TlsOptions): Promise<ScriptedBackend> {
  return tls === undefined
    ? listening(createServer(), 'connection', script)
    : listening(createTlsServer(tls), 'secureConnection', script);
}

async function listening(server: Server, event: string, script: (socket: Socket) => void): Promise<ScriptedBackend> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on(event, (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    script(socket);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(server),
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
