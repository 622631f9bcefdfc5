import type { CommandMistake } from '../config/purge-request.ts';
import type { ManagedGateway } from './managed-gateway.ts';

/** A response of the admin port: complete, small, never cached. */
export interface AdminResponse {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

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

/** The response for a gateway none of whose processes has said anything. */
export function nobodyResponds({ phase }: Pick<ManagedGateway, 'phase'>): AdminResponse {
  if (phase === 'starting') return problem(503, 'gateway.starting', 'The gateway has not started yet');
  return problem(503, 'gateway.busy', 'No worker responded in time');
}
