import { readSessionCommand, type SessionCommand } from '../config/session-command.ts';
import type { SessionsEnded } from '../core/session-listing.ts';
import { type AdminResponse, json, nobodyResponds, problem } from './admin-response.ts';
import type { CommandKind } from './command-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';
import type { SessionAnswer } from './session-answer.ts';

/** `POST /sessions`: ends sessions, in every process and at every host of the gateway. */
export const SESSIONS: CommandKind<SessionCommand> = {
  isRead: true,
  read: readSessionCommand,
  async obey(gateway, command) {
    return responseOf(gateway, await gateway.endSessions(command), ended => endedResponse(command, ended));
  },
};

function endedResponse(command: SessionCommand, { store, ended }: SessionsEnded): AdminResponse {
  if ('id' in command && ended === 0) return problem(404, 'request.not_found', `There is no session ${command.id}`);
  return json(200, { ...command, store, ended });
}

/** `GET /sessions`: all sessions, or those of a user. */
export async function sessionList(gateway: ManagedGateway, query: URLSearchParams): Promise<AdminResponse> {
  const user = query.get('user') ?? undefined;
  if (user !== undefined) {
    const read = readSessionCommand({ user });
    if ('mistakes' in read) return problem(400, 'request.invalid', 'The query does not fit', read.mistakes);
  }
  const answer = await gateway.sessions(user === undefined ? {} : { user });
  return responseOf(gateway, answer, listing => json(200, listing));
}

function responseOf<T>(
  gateway: ManagedGateway,
  answer: SessionAnswer<T> | undefined,
  response: (value: T) => AdminResponse,
): AdminResponse {
  if (answer === undefined) return nobodyResponds(gateway);
  if ('value' in answer) return response(answer.value);
  const { status, code, title } = answer.refusal;
  return problem(status, code, title);
}
