import type { RouteRow } from '../admin/route-row.ts';
import type { StartFailure } from '../config-loader/start-failure.ts';

/** A gateway that listens. */
export interface Ready {
  readonly url: string;
  readonly adminUrl: string;
  readonly routes: readonly RouteRow[];
  /** 0: this process serves itself. */
  readonly workers: number;
  readonly generation: number;
  /** What is done with recordings, in a few words. */
  readonly recordings?: string;
  /** Whether services are mocked. */
  readonly mock: boolean;
}

/** Reports the events of a running gateway, to people or to programs. */
export interface Reporter {
  ready(ready: Ready): void;
  /** A reload begins. */
  reloading(): void;
  reloaded(generation: number, routes: readonly RouteRow[]): void;
  /** A failed reload; `generation` continues, 0 for none. */
  refused(failure: StartFailure, generation: number): void;
  /** A worker that exited unexpectedly. */
  died(pid: number, how: string): void;
  replaced(pid: number): void;
  stopping(signal: NodeJS.Signals): void;
  note(line: string): void;
}
