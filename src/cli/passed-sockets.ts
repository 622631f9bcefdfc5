import { UsageError } from './usage-error.ts';

/** The first socket that a service manager passes, SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;
const ADMIN = 'admin';
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const;

/** The file descriptors of sockets on which a service manager listens already; undefined for none. */
export interface PassedSockets {
  readonly main: number | undefined;
  readonly admin: number | undefined;
}

/**
 * The sockets that systemd passes to this process, as by sd_listen_fds_with_names(3): the one named `admin` is the
 * admin port, the other one the gateway's. Those of another process are ignored.
 * @throws UsageError for values that cannot be read, and for sockets that have no use here.
 */
export function passedSockets(env: NodeJS.ProcessEnv, pid: number): PassedSockets {
  const names = namesOf(env, pid);
  const others = names.flatMap((name, i) => (name === ADMIN ? [] : [FIRST_FD + i]));
  if (others.length > 1 || names.length - others.length > 1) {
    throw new UsageError(
      `LISTEN_FDNAMES is "${env.LISTEN_FDNAMES ?? ''}" for ${names.length} sockets; portico takes one, and one named ${ADMIN}`,
    );
  }
  const admin = names.indexOf(ADMIN);
  return { main: others[0], admin: admin < 0 ? undefined : FIRST_FD + admin };
}

/** Removes the variables, because the sockets are not for children of this process. */
export function forgetPassedSockets(env: NodeJS.ProcessEnv): void {
  for (const name of VARIABLES) delete env[name];
}

/** The names of the sockets of this process, '' for one without. */
function namesOf(env: NodeJS.ProcessEnv, pid: number): readonly string[] {
  const owner = numberIn(env, 'LISTEN_PID');
  if (owner !== pid) return [];
  const count = numberIn(env, 'LISTEN_FDS') ?? 0;
  const { LISTEN_FDNAMES: text } = env;
  if (text === undefined || text === '') return Array.from({ length: count }, () => '');
  const names = text.split(':');
  if (names.length === count) return names;
  throw new UsageError(`LISTEN_FDNAMES is "${text}", which names ${names.length} sockets; LISTEN_FDS is ${count}`);
}

const MAX_SOCKETS = 1_000;
const MAX_PID = 2 ** 31 - 1;

function numberIn(env: NodeJS.ProcessEnv, name: 'LISTEN_PID' | 'LISTEN_FDS'): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= (name === 'LISTEN_PID' ? MAX_PID : MAX_SOCKETS)) return value;
  const meaning = name === 'LISTEN_PID' ? 'no process id' : 'no number of sockets';
  throw new UsageError(`${name} is "${text}", which is ${meaning}; it is set by the service manager`);
}
