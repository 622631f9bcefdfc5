import type { LearnedLimit } from '../core/ports/limiter.ts';
import type { ListenOptions } from '../gateway.ts';
import type { RecordingsOptions } from '../recordings/options.ts';

/** The role of one process as plain data: a primary sends it to its workers. */
export interface WorkerOptions {
  /** The project's folder. */
  readonly dir: string;
  readonly mode: 'dev' | 'production';
  readonly logFormat?: 'json' | 'text';
  /** Whether services are mocked. */
  readonly mock?: boolean;
  readonly listen: ListenOptions;
  readonly recordings?: RecordingsOptions;
  /** Whether other workers serve the same routes. */
  readonly hasSiblings?: boolean;
  /** The circuits that an operator forced open. */
  readonly held?: readonly string[];
  /** In `dev`, the digests of the schemas that an earlier worker has compiled (`validSchemas`). */
  readonly schemas?: string;
  /** The learned limits of earlier workers by service. */
  readonly limits?: Readonly<Record<string, LearnedLimit>>;
}

// A worker gets its options from the environment: it is the same program as the primary, with the same arguments.
const ORDER = 'PORTICO_WORKER';

export function workerOptionsAsEnv(options: WorkerOptions): Record<string, string> {
  return { [ORDER]: JSON.stringify(options) };
}

/**
 * The options of this process; undefined if it is no worker. Removed after reading, so that its own children are no
 * workers.
 */
export function takeWorkerOptions(env: NodeJS.ProcessEnv): WorkerOptions | undefined {
  const text = env[ORDER];
  if (text === undefined) return undefined;
  delete env[ORDER];
  return JSON.parse(text) as WorkerOptions;
}
