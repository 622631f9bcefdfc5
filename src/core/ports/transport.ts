import type { Exchange } from '../exchange.ts';
import type { Reply } from '../reply.ts';

/** One target of a service. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  /** A path prefix for every request, without a trailing slash; '' for none. */
  readonly base: string;
  /** Its name for `Host` and TLS, if it was found by a name that is not in its origin. */
  readonly host?: string;
}

/** Any connection, or a new one, because a backend may close an idle connection at the moment of its reuse. */
export type Connection = 'any' | 'fresh';

/**
 * Sends an exchange to a target and resolves with its reply at the response headers. @throws GatewayError, as a
 * rejection.
 */
export interface Transport {
  send(x: Exchange, target: Target, connection: Connection): Promise<Reply>;
  /** Closes the connections to a removed target once their calls have ended. */
  forget(target: Target): void;
  /** Closes every connection. */
  close(): Promise<void>;
}
