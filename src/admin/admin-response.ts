import type { CommandMistake } from '../config/purge-request.ts';
import { exposition } from '../telemetry/exposition.ts';
import type { ManagedGateway } from './managed-gateway.ts';
import { openBreakers } from './open-circuits.ts';

/** A response of the admin port: complete, small, never cached. */
export interface AdminResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Responder = (
  gateway: ManagedGateway,
  query: URLSearchParams,
  accept: string | undefined,
) => AdminResponse | Promise<AdminResponse>;

export const ADMIN_RESPONSES: ReadonlyMap<string, Responder> = new Map<string, Responder>([
  ['/', index],
  ['/livez', () => ({ status: 200, type: 'text/plain; charset=utf-8', body: 'ok\n' })],
  ['/readyz', ready],
  ['/metrics', metrics],
]);

/** An error in the format of RFC 9457. */
export function problem(
  status: number,
  code: string,
  title: string,
  errors?: readonly CommandMistake[],
): AdminResponse {
  const members = { type: `urn:portico:error:${code}`, title, status, code, errors };
  return json(status, members, 'application/problem+json');
}

export function json(status: number, value: unknown, type = 'application/json'): AdminResponse {
  return { status, type, body: `${JSON.stringify(value)}\n` };
}

function index({ phase, generation, pids, routes }: ManagedGateway): AdminResponse {
  const see = [
    ...[...ADMIN_RESPONSES.keys()].filter(path => path !== '/'),
    '/breakers',
    '/sessions',
    '/requests',
    '/history',
    '/api-docs',
    '/openapi.json',
  ];
  return json(200, { status: phase, generation, workers: pids.length, see, routes });
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
