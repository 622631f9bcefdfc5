import { UsageError } from './usage-error.ts';

const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;

/** What a service manager wants to hear; see sd_notify(3). */
export interface ServiceManagerOptions {
  /** The value of NOTIFY_SOCKET. */
  readonly socket: string;
  /** How often it wants to hear that the process lives, in milliseconds; undefined for never. */
  readonly watchdogMs: number | undefined;
}

/**
 * Takes the options from the environment; undefined if nobody wants to hear anything.
 * @throws UsageError for a WATCHDOG_USEC that is no number.
 */
export function takeServiceManager(env: NodeJS.ProcessEnv, pid: number): ServiceManagerOptions | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval, WATCHDOG_PID: watched } = env;
  // Children of this process are no service.
  for (const name of VARIABLES) delete env[name];
  if (socket === undefined || socket === '') return undefined;
  const isWatched = interval !== undefined && (watched === undefined || watched === String(pid));
  if (!isWatched) return { socket, watchdogMs: undefined };
  const micros = /^\d+$/.test(interval) ? Number(interval) : 0;
  if (micros > 0) return { socket, watchdogMs: micros / 1_000 };
  throw new UsageError(
    `WATCHDOG_USEC is "${interval}", which is no number of microseconds; the service manager sets it`,
  );
}
