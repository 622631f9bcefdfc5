import { type BreakerCommand, readBreakerCommand, siteOf } from '../config/breaker-command.ts';
import { byNearness } from '../config-loader/nearest.ts';
import { type AdminResponse, json, nobodyResponds, problem } from './admin-response.ts';
import type { CommandKind } from './command-response.ts';
import type { ManagedGateway } from './managed-gateway.ts';

/** Maximum of sites in a response; the list has all of them. */
const MAX_NAMED = 10;

/** `POST /breakers`: forces a circuit open in every process of the gateway, or closes it. */
export const BREAKERS: CommandKind<BreakerCommand> = {
  isRead: true,
  read: readBreakerCommand,
  async obey(gateway, command) {
    const site = siteOf(command);
    const readings = await gateway.breakers();
    if (readings.length === 0) return nobodyResponds(gateway);
    const known = [...new Set(readings.flatMap(({ breakers }) => breakers.map(breaker => breaker.site)))];
    if (!known.includes(site)) return problem(404, 'request.not_found', unknownSite(site, known));
    await gateway.commandBreaker(command);
    return json(200, { ...command, workers: gateway.pids.length });
  },
};

/** `GET /breakers`: every circuit of every process. */
export async function circuits(gateway: ManagedGateway): Promise<AdminResponse> {
  const workers = await gateway.breakers();
  return workers.length === 0 ? nobodyResponds(gateway) : json(200, { workers });
}

function unknownSite(site: string, known: readonly string[]): string {
  if (known.length === 0) return `There is no circuit "${site}", nor any other: no route or part has a breaker`;
  const named = byNearness(site, known).slice(0, MAX_NAMED);
  const more = known.length > named.length ? `, and ${known.length - named.length} more (portico breaker ls)` : '';
  return `There is no circuit "${site}"; known: ${named.join(', ')}${more}`;
}
