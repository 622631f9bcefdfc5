import { type AdminResponse, json, problem } from './admin-response.ts';
import type { CommandKind } from './command-response.ts';
import type { ReloadOutcome } from './reload-outcome.ts';

/** A reload has no options. */
type ReloadCommand = Readonly<Record<string, never>>;

/** `POST /reload` with `{}`: loads the routes anew, and responds when the new generation serves, or will not. */
export const RELOAD: CommandKind<ReloadCommand> = {
  read: value =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
      ? { command: {} }
      : { mistakes: [{ pointer: '', detail: 'must be an empty object' }] },
  async obey(gateway) {
    return responseTo(await gateway.reload(), gateway.pids.length);
  },
};

function responseTo(outcome: ReloadOutcome, workers: number): AdminResponse {
  if (outcome.kind === 'unable') return problem(409, 'request.refused', outcome.why);
  const { kind, ...members } = outcome;
  if (kind === 'reloaded') return json(200, { ...members, workers });
  const code = 'gateway.reload_refused';
  const about = { type: `urn:portico:error:${code}`, title: 'The new workers do not serve', status: 409, code };
  return json(409, { ...about, ...members }, 'application/problem+json');
}
