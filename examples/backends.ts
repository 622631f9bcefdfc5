import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { RunningBackends } from '../scripts/run-beside.ts';

/** The JSON response of a backend. Undefined is a 404, an error a 500. */
type Respond = (request: { readonly method: string; readonly path: string; readonly body: string }) => unknown;

/** The backends of an example by service name. */
export type Backends = Readonly<Record<string, Respond>>;

/** Starts each backend on a free port; `<NAME>_TARGETS` has its address, as the services of the examples expect. */
export async function startBackends(backends: Backends): Promise<RunningBackends> {
  const started = await Promise.all(
    Object.entries(backends).map(async ([name, respond]) => [name, await startBackend(name, respond)] as const),
  );
  const targets = started.map(([name, server]) => [`${name.toUpperCase()}_TARGETS`, addressOf(server)]);
  return {
    env: Object.fromEntries(targets),
    close: async () => {
      for (const [, server] of started) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

async function startBackend(name: string, respond: Respond): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/' } = request;
    // Calls are printed, so responses from the gateway's cache are missing in the list.
    console.log(`  ${name} ← ${method} ${path}`);
    response.setHeader('content-type', 'application/json');
    try {
      const value = await respond({ method, path, body: await text(request) });
      response.statusCode = value === undefined ? 404 : method === 'POST' ? 201 : 200;
      response.end(JSON.stringify(value ?? { error: 'not found' }));
    } catch (error) {
      response.statusCode = 500;
      response.end(JSON.stringify({ error: String(error) }));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
