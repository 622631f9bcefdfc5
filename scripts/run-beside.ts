import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { whenScriptEnds } from '../bin/parent-end.js';

const SAME_PRESS_MS = 300;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface RunningBackends {
  /** The addresses of the services: CATALOG_TARGETS and so on. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Runs a Node program beside its backends, passes signals on to it, and exits with its code or signal. */
export function runBeside(backends: RunningBackends, args: readonly string[], cwd: string): void {
  // The program has its own process group, so that a Ctrl-C reaches it through `forward` alone: a second signal would
  // mean "stop at once" to it.
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...backends.env, ...process.env },
    stdio: 'inherit',
    detached: true,
  });
  const leave = async (code: number, why?: string): Promise<void> => {
    if (why) console.error(why);
    await backends.close();
    process.exit(code);
  };
  const passOn = (signal: NodeJS.Signals) => oncePerPress(() => child.kill(signal));
  for (const signal of SIGNALS) process.on(signal, passOn(signal));
  whenScriptEnds(passOn('SIGTERM'));
  child.once('error', error => void leave(1, `the gateway did not start: ${error.message}`));
  child.once('exit', (code, signal) => void leave(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}

/** One Ctrl-C arrives twice under `npm start`: from the terminal and from npm. */
function oncePerPress(forward: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last > SAME_PRESS_MS) forward();
    last = now;
  };
}
