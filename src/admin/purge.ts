import { type PurgeRequest, readPurgeRequest } from '../config/purge-request.ts';
import { json } from './admin-response.ts';
import type { CommandKind } from './command-response.ts';

/** `POST /purge`: purges stored responses in every process of the gateway, and lists the targets and their count. */
export const PURGE: CommandKind<PurgeRequest> = {
  read: readPurgeRequest,
  async obey(gateway, request) {
    const entries = await gateway.purge(request);
    const kind = request.soft ? 'soft' : 'hard';
    return json(200, { purged: purged(request), kind, entries, workers: gateway.pids.length });
  },
};

function purged({ soft: _soft, ...named }: PurgeRequest): Omit<PurgeRequest, 'soft'> {
  return named;
}
