import { type PurgeOrder, readPurgeOrder } from '../define/purge.ts';
import { json } from './answers.ts';
import type { OrderKind } from './orders.ts';

/** `POST /purge`: makes stored answers stale in every process of the gateway, and says which. */
export const PURGE: OrderKind<PurgeOrder> = {
  read: readPurgeOrder,
  async obey(status, order) {
    await status.purge(order);
    return json(200, { purged: purged(order), kind: order.soft ? 'soft' : 'hard', workers: status.pids.length });
  },
};

function purged({ soft: _soft, ...named }: PurgeOrder): Omit<PurgeOrder, 'soft'> {
  return named;
}
