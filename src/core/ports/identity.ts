import type { Exchange } from '../exchange.ts';
import type { CredentialKind, User } from '../user.ts';

/** Requests to an identity provider, in the form of `fetch`. It rejects if no response arrives in time. */
export type ProviderFetch = (url: string, init: ProviderRequest) => Promise<Response>;

interface ProviderRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** The session of a request. */
export interface SessionHandle {
  /** Identifies it in this gateway; no secret. */
  readonly id: string;
  /** Its access token for the services, renewed if it has expired. Undefined if it has none. @throws GatewayError */
  accessToken(): string | Promise<string | undefined> | undefined;
  /** Replaces a token that a service refused. @param refused that token. @throws GatewayError */
  renewedToken(refused: string): Promise<string | undefined>;
  /** Calls the listener once when the session is ended. @returns a function that removes the listener. */
  onEnd(listener: () => void): () => void;
}

/** Who sends a request. */
export interface Recognised {
  readonly user: User;
  readonly credential: CredentialKind;
  /** Identifies the user and the user's rights in cache keys. */
  readonly cacheKey: string;
  readonly session?: SessionHandle | undefined;
  /** The access token that the client sent. */
  readonly bearer?: string | undefined;
  /** The cookie of the session, if it has to be sent anew. */
  readonly setCookie?: string | undefined;
}

/** Recognises users by their session, token or key. */
export interface Identity {
  /**
   * Recognises the user of a request.
   * @param by the credentials that count.
   * @returns undefined without a credential. @throws GatewayError for one that is not valid.
   */
  recognise(x: Exchange, by: ReadonlySet<CredentialKind>): Recognised | undefined | Promise<Recognised | undefined>;
  /** Whether a request carries a credential that a browser does not send by itself. */
  isDeliberate(x: Exchange, by: ReadonlySet<CredentialKind>): boolean;
}
