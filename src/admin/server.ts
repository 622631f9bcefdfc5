import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from '../core/node-http.ts';
import { ADMIN_RESPONSES, type AdminResponse, problem } from './admin-response.ts';
import { apiDocsAt } from './api-docs.ts';
import { BREAKERS, circuits } from './breaker-command.ts';
import { commandResponse } from './command-response.ts';
import { EXPLAIN } from './explain.ts';
import { foreignName, isLoopback } from './loopback.ts';
import type { ManagedGateway } from './managed-gateway.ts';
import { PURGE } from './purge.ts';
import { RELOAD } from './reload.ts';
import { history, requestList } from './requests.ts';
import { SESSIONS, sessionList } from './sessions.ts';

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The address of the admin port. */
export interface AdminAddress {
  /**
   * On loopback the admin port serves this host only; elsewhere reads are open to the network, and commands stay local.
   */
  readonly host: string;
  /** 0 selects a free one. */
  readonly port: number;
}

/**
 * The admin port: `/livez`, `/readyz`, `/metrics`, circuits, sessions, an index of the routes, the page of the API,
 * commands and explanations.
 */
export async function startAdmin(gateway: ManagedGateway, { host, port }: AdminAddress): Promise<AdminServer> {
  const server = createServer((req, res) => void respond({ gateway, isLocal: isLoopback(host) }, req, res));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the pages show and command, and whether the port is open to this computer alone. */
interface AdminPage {
  readonly gateway: ManagedGateway;
  readonly isLocal: boolean;
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

async function respondTo({ gateway, isLocal }: AdminPage, req: IncomingMessage): Promise<AdminResponse> {
  const [path = '/', search = ''] = (req.url ?? '/').split('?', 2);
  const refusal = isLocal ? foreignName(req) : undefined;
  if (refusal !== undefined) return refusal;
  try {
    if (path === '/purge') return await commandResponse(gateway, req, PURGE);
    if (path === '/reload') return await commandResponse(gateway, req, RELOAD);
    if (path === '/explain') return await commandResponse(gateway, req, EXPLAIN);
    if (path === '/breakers')
      return isReading(req) ? await circuits(gateway) : await commandResponse(gateway, req, BREAKERS);
    if (path === '/sessions')
      return isReading(req)
        ? await sessionList(gateway, req, new URLSearchParams(search))
        : await commandResponse(gateway, req, SESSIONS);
    if (path === '/history' && isReading(req)) return await history(gateway);
    if (path === '/requests' && isReading(req)) return await requestList(gateway, req, new URLSearchParams(search));
    return await read(gateway, path, search, req);
  } catch (error) {
    return problem(500, 'gateway.error', `Internal error: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function read(
  gateway: ManagedGateway,
  path: string,
  search: string,
  req: IncomingMessage,
): Promise<AdminResponse> {
  const responder = ADMIN_RESPONSES.get(path) ?? apiDocsAt(path);
  if (responder === undefined) return problem(404, 'request.not_found', 'Not found');
  if (isReading(req)) return responder(gateway, new URLSearchParams(search), req.headers.accept);
  return { ...problem(405, 'request.method_not_allowed', 'Method not allowed'), headers: { Allow: 'GET, HEAD' } };
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}
