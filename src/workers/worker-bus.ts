import type { Bus, BusEvent } from '../core/ports/bus.ts';
import { isOurs, type ToPrimary } from './messages.ts';

/** The bus of one worker: the primary passes on what it publishes to all the others. */
export const workerBus: Bus = {
  publish: ({ purge }: BusEvent) => {
    const message: ToPrimary = { kind: 'portico.purge', purge };
    // Without a channel the primary is gone, and so is this process in a moment.
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
