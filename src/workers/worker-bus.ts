import type { Bus, BusEvent } from '../core/ports/bus.ts';
import { isOurs, type ToPrimary } from './messages.ts';

/** The bus of a worker: the primary passes its events on to all others. */
export const workerBus: Bus = {
  publish: ({ purge }: BusEvent) => {
    const message: ToPrimary = { kind: 'portico.purge', purge };
    // Without a channel the primary has died, and this process will exit too.
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  },
  subscribe: listener => {
    process.on('message', message => {
      if (!isOurs(message) || message.kind !== 'portico.purge') return;
      const { purge, relay } = message;
      listener({ kind: 'purge', purge, ...(relay ? { relay } : {}) });
    });
  },
};
