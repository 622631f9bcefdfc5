import type { SessionCommand } from '../config/session-command.ts';
import type { SessionsEnded } from '../core/session-listing.ts';
import { callGateway } from './ask-gateway.ts';
import type { SessionsCliCommand } from './command.ts';
import { printable, sessionLines } from './session-lines.ts';
import type { Terminal } from './terminal.ts';

/**
 * `portico sessions`: the sessions of the gateway on this host. Exit code 1 without a gateway, without sign-in, for an
 * unknown id, and for all sessions if the browsers keep them.
 */
export async function sessions(
  { query: { user }, command, admin, json }: SessionsCliCommand,
  terminal: Terminal,
): Promise<number> {
  const undone = command === undefined ? 'nothing was listed' : 'nothing was ended';
  const path = user === undefined ? '/sessions' : `/sessions?user=${encodeURIComponent(user)}`;
  const text = await callGateway({ admin, path, command, undone }, terminal);
  if (text === undefined) return 1;
  const response = JSON.parse(text);
  if (json) terminal.out(text);
  else
    for (const line of command === undefined ? sessionLines(response) : endedLines(command, response))
      terminal.out(line);
  return 0;
}

function endedLines(command: SessionCommand, { store, ended }: SessionsEnded): readonly string[] {
  if (store !== 'cookie')
    return [`ended: ${countText(ended ?? 0)}${'user' in command ? ` of ${printable(command.user)}` : ''}`];
  const whose =
    'id' in command
      ? `the session ${command.id}, if there is one`
      : `the sessions of ${'user' in command ? printable(command.user) : 'all'}, if there are any`;
  return [
    `ended: ${whose}`,
    'The browsers keep the sessions, so the gateway does not know how many there were; it refuses their cookies from now on.',
  ];
}

function countText(count: number): string {
  return `${count} ${count === 1 ? 'session' : 'sessions'}`;
}
