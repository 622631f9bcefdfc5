import type { CircuitHint, CircuitHints } from '../core/ports/circuit-hints.ts';
import { isOurs, type ToPrimary } from './messages.ts';

/** The circuits of a worker: the primary passes its hints on to all others. */
export const workerCircuitHints: CircuitHints = {
  publish: (hint: CircuitHint) => {
    const message: ToPrimary = { kind: 'portico.circuit', hint };
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  },
  subscribe: listener => {
    process.on('message', message => {
      if (isOurs(message) && message.kind === 'portico.circuit') listener(message.hint);
    });
  },
};
