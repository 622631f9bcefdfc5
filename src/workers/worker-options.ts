import type { LearnedLimit } from '../core/ports/limiter.ts';
import type { ListenOptions } from '../gateway.ts';

/** What one process is to serve, and where. Plain data: a primary hands it to its workers. */
export interface WorkerOptions {
  /** The project's folder. */
  readonly dir: string;
  readonly mode: 'dev' | 'production';
  readonly logFormat?: 'json' | 'text';
  readonly listen: ListenOptions;
  /** The circuits that an operator holds open. */
  readonly held?: readonly string[];
  /** What its workers have learned of each service so far. */
  readonly limits?: Readonly<Record<string, LearnedLimit>>;
}

// A worker gets its options from the environment: it is the same program as the primary, and the same arguments would
// not show its role.
const ORDER = 'PORTICO_WORKER';

export function workerOptionsAsEnv(options: WorkerOptions): Record<string, string> {
  return { [ORDER]: JSON.stringify(options) };
}

/** What this process was forked for; undefined where it is no worker. Read once: its own children are none. */
export function takeWorkerOptions(env: NodeJS.ProcessEnv): WorkerOptions | undefined {
  const text = env[ORDER];
  if (text === undefined) return undefined;
  delete env[ORDER];
  return JSON.parse(text) as WorkerOptions;
}
