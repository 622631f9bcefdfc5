import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { parseArgs } from 'node:util';

const DEFAULT_PORT = 8080;

interface GatewayPort {
  readonly port: number;
  /** What the gateway has to be started with, beside `args`, to listen there. */
  readonly flags: readonly string[];
}

/**
 * The port on which the gateway will listen, for its origin. Port 0 becomes a free one here, because the identity
 * provider has to know it before the gateway starts.
 */
export async function gatewayPort(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<GatewayPort> {
  const { port: flag } = parseArgs({ args: [...args], options: { port: { type: 'string' } }, strict: false }).values;
  const text = typeof flag === 'string' ? flag : env.PORT || String(DEFAULT_PORT);
  // The gateway itself reports a text that is no port.
  const port = /^\d{1,5}$/.test(text) ? Number(text) : DEFAULT_PORT;
  if (port !== 0) return { port, flags: [] };
  const free = await freePort();
  return { port: free, flags: ['--port', String(free)] };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
