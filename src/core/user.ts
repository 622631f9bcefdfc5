import { hash } from 'node:crypto';

/** The user of a request, from a session, a token or an API key that the gateway has verified. */
export interface User {
  /** Who vouches for the user: the issuer of the tokens, or `api-key`. */
  readonly issuer: string;
  /** Identifies the user at the issuer. */
  readonly subject: string;
  /** What the issuer says about the user: the claims of the ID token, or of the access token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the user, or the program that acts for the user, may do. */
  readonly scopes: readonly string[];
  /** The roles of the user, from the claim that `auth.roles` names. */
  readonly roles: readonly string[];
}

/** What can authenticate a request. */
export const CREDENTIAL_KINDS = ['session', 'jwt', 'apiKey'] as const;

/** What authenticated a request. */
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/**
 * Identifies a user and the user's rights in a cache key: subjects are unique at their issuer only (OpenID Connect Core
 * §2), and a response may depend on what the user may do.
 */
export function userKey({ issuer, subject, scopes, roles }: User): string {
  const name = `${encodeURIComponent(issuer)} ${encodeURIComponent(subject)}`;
  if (scopes.length === 0 && roles.length === 0) return name;
  return `${name} ${hash('sha256', JSON.stringify([[...scopes].sort(), [...roles].sort()]), 'base64url')}`;
}
