import type { Exchange } from '../exchange.ts';
import type { CredentialKind } from '../user.ts';
import type { Recognised } from './recognised.ts';

/** Requests to an identity provider, in the form of `fetch`. It rejects if no response arrives in time. */
export type ProviderFetch = (url: string, init: ProviderRequest) => Promise<Response>;

interface ProviderRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** Tokens for services that are not the user's own. */
export interface TokenSource {
  /** A token for an audience, made of the user's (RFC 8693). Undefined without one. @throws GatewayError */
  exchanged(audience: string, recognised: Recognised): Promise<string | undefined>;
  /** A token of the gateway itself. @throws GatewayError */
  ofClient(scopes: readonly string[]): Promise<string>;
  /** A service refused it, so it is not used again. */
  forget(token: string): void;
}

/** Recognises users by their session, token or key. */
export interface Identity {
  /**
   * Recognises the user of a request.
   * @param by the credentials that count.
   * @returns undefined without a credential. @throws GatewayError for one that is not valid.
   */
  recognise(x: Exchange, by: ReadonlySet<CredentialKind>): Recognised | undefined | Promise<Recognised | undefined>;
  /** Whether the credential that counts is one that a browser does not send by itself. */
  isDeliberate(x: Exchange, by: ReadonlySet<CredentialKind>): boolean;
  /** The credentials that this gateway has. */
  readonly credentials: ReadonlySet<CredentialKind>;
  /** How a page gets a session; undefined without sign-in. */
  readonly signIn: SignIn | undefined;
  readonly tokens: TokenSource;
  /** Whether sessions have access tokens. */
  readonly keepsTokens: boolean;
}

/** The sign-in of browsers. */
export interface SignIn {
  /** The address at which a browser signs in, to return to the address of the request. */
  urlFor(x: Exchange): string;
  /** Whether the cookie is withheld from requests that another site begins. */
  readonly isStrict: boolean;
  /** The `Set-Cookie` that removes the cookie of a session. */
  readonly removal: string;
}
