import type { WorkerOptions } from '../workers/worker-options.ts';
import type { ServeCommand } from './command.ts';

/** What a process that serves is started with. A developer reads the output of `dev` and `record`. */
export function workerOptionsOf({ name, dir, listen, json, recordings, mock }: ServeCommand): WorkerOptions {
  const common = { dir, listen, ...(recordings && { recordings }) };
  if (name === 'start') return { ...common, mode: 'production' };
  return { ...common, mode: 'dev', mock, logFormat: json ? 'json' : 'text' };
}
