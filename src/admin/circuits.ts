import { type BreakerOrder, readBreakerOrder, siteOf } from '../define/breaker-order.ts';
import { byNearness } from '../load/nearest.ts';
import { type AdminAnswer, json, problem } from './answers.ts';
import type { OrderKind } from './orders.ts';
import type { Status } from './status.ts';

/** How many sites an answer names: the rest is in the list. */
const MOST_NAMED = 10;

/** `POST /breakers`: holds a circuit open in every process of the gateway, or closes it. */
export const BREAKERS: OrderKind<BreakerOrder> = {
  isRead: true,
  read: readBreakerOrder,
  async obey(status, order) {
    const site = siteOf(order);
    const told = await status.breakers();
    if (told.length === 0) return nobodyTold(status);
    const known = [...new Set(told.flatMap(({ breakers }) => breakers.map(breaker => breaker.site)))];
    if (!known.includes(site)) return problem(404, 'request.not_found', unknownSite(site, known));
    await status.orderBreaker(order);
    return json(200, { ...order, workers: status.pids.length });
  },
};

/** `GET /breakers`: every circuit of every process. */
export async function circuits(status: Status): Promise<AdminAnswer> {
  const workers = await status.breakers();
  return workers.length === 0 ? nobodyTold(status) : json(200, { workers });
}

function nobodyTold({ phase }: Status): AdminAnswer {
  if (phase === 'starting') return problem(503, 'gateway.starting', 'The gateway has not started yet');
  return problem(503, 'gateway.busy', 'No worker has answered in time');
}

function unknownSite(site: string, known: readonly string[]): string {
  if (known.length === 0) return `There is no circuit "${site}", nor any other: no route or part has a breaker`;
  const named = byNearness(site, known).slice(0, MOST_NAMED);
  const more = known.length > named.length ? `, and ${known.length - named.length} more (portico breaker ls)` : '';
  return `There is no circuit "${site}"; known: ${named.join(', ')}${more}`;
}
