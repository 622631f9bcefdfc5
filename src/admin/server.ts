import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from '../core/node-http.ts';
import { type AdminAccess, refused, refusedDetails } from './access.ts';
import { type AdminResponse, problem } from './admin-response.ts';
import { isLoopback } from './loopback.ts';
import type { ManagedGateway } from './managed-gateway.ts';
import { adminPathAt } from './paths.ts';

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The address of the admin port. */
export interface AdminAddress {
  /** On loopback the admin port serves this host only; elsewhere the network may read probes and metrics. */
  readonly host: string;
  /** 0 selects a free one. */
  readonly port: number;
  /** Required of every request but a probe. Default none. */
  readonly token?: string;
  /** File descriptor of a TCP socket that another program listens on already, instead of host and port. */
  readonly fd?: number;
}

/**
 * The admin port: the page for operators and what it reads and commands, probes, metrics, and the page of the API. Its
 * paths are in `ADMIN_PATHS`.
 */
export async function startAdmin(gateway: ManagedGateway, address: AdminAddress): Promise<AdminServer> {
  const { token, fd, ...place } = address;
  // It is known when the server listens, and no request comes before.
  let isLocal = isLoopback(place.host);
  const server = createServer((req, res) => void respond({ gateway, access: { isLocal, token } }, req, res));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(fd === undefined ? { ...place, exclusive: true } : { fd }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') {
    await close();
    throw new TypeError('the admin port is no TCP socket');
  }
  if (fd !== undefined) isLocal = isLoopback(bound.address);
  return { host: fd === undefined ? place.host : bound.address, port: bound.port, close };
}

/** What the pages show and command, and to whom. */
interface AdminPage {
  readonly gateway: ManagedGateway;
  readonly access: AdminAccess;
}

async function respond(page: AdminPage, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { status: code, type, body, headers } = await respondTo(page, req);
  res.writeHead(code, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  });
  res.end(req.method === 'HEAD' ? undefined : body);
}

async function respondTo({ gateway, access }: AdminPage, req: IncomingMessage): Promise<AdminResponse> {
  const [path = '/', search = ''] = (req.url ?? '/').split('?', 2);
  const refusal = refused(access, path, req);
  if (refusal !== undefined) return refusal;
  // A probe of the network is answered in brief, and the page is the same for all.
  const details = refusedDetails(access, path, req) === undefined ? search : '';
  try {
    return await responseAt(gateway, path, details, req);
  } catch (error) {
    return problem(500, 'gateway.error', `Internal error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function responseAt(
  gateway: ManagedGateway,
  path: string,
  search: string,
  req: IncomingMessage,
): Promise<AdminResponse> {
  const { read, command } = adminPathAt(path) ?? {};
  if (read !== undefined && isReading(req)) return read(gateway, new URLSearchParams(search), req.headers.accept);
  if (command !== undefined) return command(gateway, req);
  if (read === undefined) return problem(404, 'request.not_found', 'Not found');
  return { ...problem(405, 'request.method_not_allowed', 'Method not allowed'), headers: { Allow: 'GET, HEAD' } };
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}
