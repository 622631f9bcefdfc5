import { constants } from 'node:os';

const STOP = ['SIGTERM', 'SIGINT'] as const;

/** One Ctrl-C may arrive several times: from the terminal, from npm, from a parent that passes it on. */
const SAME_PRESS_MS = 300;

/** A SIGHUP that came before a gateway could reload. */
export interface HeldHangUps {
  /** Ends the listening for it. @returns whether there was one. */
  release(): boolean;
}

export interface SignalListeners {
  /** Called once; the second signal ends the process at once. */
  stop(signal: NodeJS.Signals): void;
  reload(): void;
}

/** @returns the effect of a SIGHUP, for one that came before. */
export function onSignals({ stop, reload }: SignalListeners): () => void {
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
  const hangUp = () => {
    // It may also mean that the terminal was closed, so that this process cannot be stopped by key; the next print
    // detects it.
    for (const stream of [process.stdout, process.stderr]) {
      if (stream.isTTY) stream.once('error', () => hear('SIGHUP'));
    }
    reload();
  };
  process.on('SIGHUP', hangUp);
  return hangUp;
}
