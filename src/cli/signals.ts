import { constants } from 'node:os';

const STOP = ['SIGTERM', 'SIGINT'] as const;

/** One Ctrl-C may arrive several times: from the terminal, from npm, from a parent that passes it on. */
const SAME_PRESS_MS = 300;

/** What `bin/portico.js` hears before its command listens. */
export interface EarlySignals {
  /** From now on `hear` decides what ends this process, such as the end of the npm that started it. */
  passStops(hear: (signal: NodeJS.Signals) => void): void;
  /** Holds no SIGHUP any longer. @returns whether there was one. */
  releaseHangUps(): boolean;
}

export interface Stops {
  /** Resolves at the first one; the second one ends the process at once. */
  readonly stopped: Promise<NodeJS.Signals>;
  hear(signal: NodeJS.Signals): void;
}

/** Listens to what stops a gateway. */
export function listenToStops(early: EarlySignals): Stops {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();
  let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  const hear = (signal: NodeJS.Signals): void => {
    const at = performance.now();
    if (first === undefined) {
      first = { signal, at };
      stop(signal);
    } else if (signal !== first.signal || at - first.at > SAME_PRESS_MS) {
      process.exit(128 + constants.signals[signal]);
    }
  };
  for (const signal of STOP) process.on(signal, hear);
  // After a Ctrl-C the shell of an npm script ends while the gateway drains, which is no second press.
  early.passStops(signal => first === undefined && hear(signal));
  return { stopped, hear };
}

/** Reloads at each SIGHUP, and at one that came before. */
export function listenToHangUps(reload: () => void, { hear }: Stops, early: EarlySignals): void {
  const hangUp = () => {
    // It may also mean that the terminal was closed, so that this process cannot be stopped by key; the next print
    // detects it.
    for (const stream of [process.stdout, process.stderr]) {
      if (stream.isTTY) stream.once('error', () => hear('SIGHUP'));
    }
    reload();
  };
  process.on('SIGHUP', hangUp);
  if (early.releaseHangUps()) hangUp();
}
