import type { IncomingMessage } from 'node:http';
import { exposition } from '../telemetry/exposition.ts';
import { adminFileAt, adminPage, prefersPage } from './admin-page.ts';
import { type AdminResponse, json } from './admin-response.ts';
import { apiDocsFile, apiDocsFileAt, apiDocsPage } from './api-docs.ts';
import { BREAKERS, circuits } from './breaker-command.ts';
import { commandResponse } from './command-response.ts';
import { EXPLAIN } from './explain.ts';
import type { ManagedGateway } from './managed-gateway.ts';
import { openBreakers } from './open-circuits.ts';
import { services, stored } from './process-responses.ts';
import { PURGE } from './purge.ts';
import { RELOAD } from './reload.ts';
import { history, requestList } from './requests.ts';
import { SESSIONS, sessionList } from './sessions.ts';
import { stats } from './stats.ts';

type Reader = (
  gateway: ManagedGateway,
  query: URLSearchParams,
  accept: string | undefined,
) => AdminResponse | Promise<AdminResponse>;

/** What a path of the admin port does. */
export interface AdminPath {
  /** Responds to GET and HEAD. */
  readonly read?: Reader;
  /** Handles a POST, and refuses other methods. */
  readonly command?: (gateway: ManagedGateway, req: IncomingMessage) => Promise<AdminResponse>;
}

/** In the order in which the index lists what can be read. */
export const ADMIN_PATHS: ReadonlyMap<string, AdminPath> = new Map<string, AdminPath>([
  ['/', { read: index }],
  ['/livez', { read: () => ({ status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' }) }],
  ['/readyz', { read: ready }],
  ['/metrics', { read: metrics }],
  ['/stats', { read: stats }],
  ['/services', { read: services }],
  ['/cache', { read: stored }],
  ['/breakers', { read: circuits, command: (gateway, req) => commandResponse(gateway, req, BREAKERS) }],
  ['/sessions', { read: sessionList, command: (gateway, req) => commandResponse(gateway, req, SESSIONS) }],
  ['/requests', { read: requestList }],
  ['/history', { read: history }],
  ['/purge', { command: (gateway, req) => commandResponse(gateway, req, PURGE) }],
  ['/explain', { command: (gateway, req) => commandResponse(gateway, req, EXPLAIN) }],
  ['/reload', { command: (gateway, req) => commandResponse(gateway, req, RELOAD) }],
  ['/api-docs', { read: apiDocsPage }],
  ['/openapi.json', { read: gateway => apiDocsFile(gateway, 'openapi.json') }],
  ['/admin/openapi.json', { read: adminDocument }],
]);

/** A path of the list, or a file of a page; undefined for other paths. */
export function adminPathAt(path: string): AdminPath | undefined {
  const read = adminFileAt(path) ?? apiDocsFileAt(path);
  return ADMIN_PATHS.get(path) ?? (read && { read });
}

/** What is at the root: the page for a browser, the index for a program. */
function index(
  gateway: ManagedGateway,
  _query: URLSearchParams,
  accept?: string,
): AdminResponse | Promise<AdminResponse> {
  if (prefersPage(accept)) return adminPage();
  const { phase, generation, pids, routes } = gateway;
  const see = [...ADMIN_PATHS].filter(([path, { read }]) => path !== '/' && read !== undefined).map(([path]) => path);
  const response = json(200, { status: phase, generation, workers: pids.length, see, routes });
  return { ...response, headers: { Vary: 'Accept' } };
}

async function ready(gateway: ManagedGateway, query: URLSearchParams): Promise<AdminResponse> {
  const { phase, generation, pids, routes } = gateway;
  const brief = { status: phase, generation, workers: pids.length, routes: routes.length };
  const verbose = query.has('verbose') ? await details(gateway) : {};
  return json(phase === 'ready' ? 200 : 503, { ...brief, ...verbose });
}

async function details(gateway: ManagedGateway): Promise<Record<string, unknown>> {
  return {
    node: process.versions.node,
    uptimeSeconds: Math.floor(process.uptime()),
    pids: gateway.pids,
    breakers: openBreakers(await gateway.metrics()),
  };
}

async function metrics(gateway: ManagedGateway, _query: URLSearchParams, accept: string | undefined) {
  const { contentType, text } = await exposition(await gateway.metrics(), accept);
  return { status: 200, type: contentType, body: text, headers: { Vary: 'Accept' } };
}

/** `GET /admin/openapi.json`: this port as OpenAPI; `/openapi.json` is about the routes. */
async function adminDocument(): Promise<AdminResponse> {
  const { ADMIN_DOCUMENT } = await import('./openapi-document.ts');
  return json(200, ADMIN_DOCUMENT);
}
