import type { AdminAddress } from '../admin/server.ts';
import type { Question } from '../core/explanation.ts';
import type { BreakerOrder } from '../define/breaker-order.ts';
import type { PurgeOrder } from '../define/purge.ts';
import type { ListenOptions } from '../gateway.ts';

/** What was asked for, with every default filled in. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'version' }
  | ReadCommand
  | PurgeCommand
  | ExplainCommand
  | BreakerCommand
  | WarmCommand
  | ServeCommand;

/** Looks at a project and ends. */
export interface ReadCommand {
  readonly name: 'check' | 'routes';
  readonly dir: string;
  readonly json: boolean;
}

/** Tells a gateway that runs to forget what it has stored. */
export interface PurgeCommand {
  readonly name: 'purge';
  readonly order: PurgeOrder;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Asks a gateway that runs what it would do with a request. */
export interface ExplainCommand {
  readonly name: 'explain';
  readonly question: Question;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Looks at the circuits of a gateway that runs, or orders one to be open or closed. */
export interface BreakerCommand {
  readonly name: 'breaker';
  /** Undefined only looks. */
  readonly order: BreakerOrder | undefined;
  readonly admin: AdminAddress;
  readonly json: boolean;
}

/** Fetches what is to be kept. */
export interface WarmCommand {
  readonly name: 'warm';
  readonly dir: string;
  readonly json: boolean;
  /** Where browsers ask: what is stored for one origin is not given at another. */
  readonly origin: URL;
}

export interface ServeCommand {
  readonly name: 'start' | 'dev';
  readonly dir: string;
  readonly json: boolean;
  readonly door: ListenOptions;
  readonly admin: AdminAddress;
  /** 0: this process serves itself. */
  readonly workers: number;
}
