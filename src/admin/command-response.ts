import type { IncomingMessage } from 'node:http';
import type { CommandMistake } from '../config/purge-request.ts';
import { type AdminResponse, problem } from './admin-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

const MAX_COMMAND_BYTES = 64 * 1024;

/** The commands of the admin port. */
export interface CommandKind<Order> {
  /** Whether its address also has a GET, which is handled elsewhere. */
  readonly isRead?: true;
  read(value: unknown): { readonly command: Order } | { readonly mistakes: readonly CommandMistake[] };
  obey(gateway: ManagedGateway, command: Order): Promise<AdminResponse>;
}

/** Handles a command in a POST of a client that may command. */
export async function commandResponse<Order>(
  gateway: ManagedGateway,
  req: IncomingMessage,
  kind: CommandKind<Order>,
): Promise<AdminResponse> {
  if (req.method !== 'POST') {
    const allowed = kind.isRead ? 'GET, HEAD, POST' : 'POST';
    return { ...problem(405, 'request.method_not_allowed', 'Method not allowed'), headers: { Allow: allowed } };
  }
  // What a page can send without a preflight, forms and text, is no command.
  if (!JSON_TYPE.test(req.headers['content-type'] ?? ''))
    return problem(415, 'request.unsupported_media_type', 'The command has to be application/json');
  const text = await textOf(req);
  if (text === undefined) {
    const response = problem(413, 'request.body_too_large', `The command is larger than ${MAX_COMMAND_BYTES} bytes`);
    return { ...response, headers: { Connection: 'close' } };
  }
  const read = kind.read(parsed(text));
  if ('mistakes' in read) return problem(400, 'request.invalid', 'The command does not fit', read.mistakes);
  // A worker that is still loading has stored nothing yet, but a persistent store may have.
  if (gateway.phase === 'starting') return problem(503, 'gateway.starting', 'The gateway has not started yet');
  return kind.obey(gateway, read.command);
}

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** Undefined if it is too long; the rest is read and discarded, so that the client sees the response. */
async function textOf(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const ended = Promise.withResolvers<boolean>();
  req.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > MAX_COMMAND_BYTES) ended.resolve(false);
    else chunks.push(chunk);
  });
  req.on('end', () => ended.resolve(true));
  req.on('error', ended.reject);
  return (await ended.promise) ? Buffer.concat(chunks).toString() : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
