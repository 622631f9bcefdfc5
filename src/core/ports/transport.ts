import type { Exchange } from '../exchange.ts';
import type { Reply } from '../reply.ts';

/** One target of a service. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  /** A path before every request's own, without a trailing slash; '' for none. */
  readonly base: string;
  /** What it is called in `Host` and in TLS, where that is not in its origin: it was found by this name. */
  readonly host?: string;
}

/** Any connection, or a new one: a backend may close an idle connection in the moment of its reuse. */
export type Connection = 'any' | 'fresh';

/** Moves an exchange to a target and brings its reply back at the head. @throws GatewayError, as a rejection. */
export interface Transport {
  send(x: Exchange, target: Target, connection: Connection): Promise<Reply>;
  /** A target has left: its connections end when the calls on them are over. */
  forget(target: Target): void;
  /** Lets go of every connection. */
  close(): Promise<void>;
}
