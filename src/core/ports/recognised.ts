import type { CredentialKind, User } from '../user.ts';

/** The session of a request. */
export interface SessionHandle {
  /** Identifies it in this gateway; no secret. */
  readonly id: string;
  /** Its access token for the services, renewed if it has expired. Undefined if it has none. @throws GatewayError */
  accessToken(): string | Promise<string | undefined> | undefined;
  /** Replaces a token that a service refused. @param refused that token. @throws GatewayError */
  renewedToken(refused: string): Promise<string | undefined>;
  /**
   * Calls the listener once when the session is ended.
   * @param graceMs how long after that, in milliseconds. @returns a function that removes the listener.
   */
  onEnd(listener: () => void, graceMs: number): () => void;
}

/** Who sends a request. */
export interface Recognised {
  readonly user: User;
  readonly credential: CredentialKind;
  readonly session?: SessionHandle | undefined;
  /** The access token that the client sent. */
  readonly bearer?: string | undefined;
  /** The cookie of the session, if it has to be sent anew. */
  readonly setCookie?: string | undefined;
}
