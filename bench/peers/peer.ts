/** Installs everything that `npm run bench` measures or uses. */
export const INSTALL = 'apt-get install nginx-light haproxy varnish wrk';

/** A running server that is measured. */
export interface Peer {
  readonly name: string;
  readonly port: number;
  /** All of its processes. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** A server whose program is not installed. */
export interface Missing {
  readonly name: string;
  /** The command that installs it. */
  readonly install: string;
}

export function isPeer(started: Peer | Missing): started is Peer {
  return 'port' in started;
}
