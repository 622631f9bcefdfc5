import { hash } from 'node:crypto';
import type { User } from '../../core/user.ts';

/** The tokens of a session. Times in milliseconds since the epoch. */
export interface SessionTokens {
  readonly access: string;
  /** When it is renewed, shortly before its end; undefined for a token that says nothing of it. */
  readonly renewAt: number | undefined;
  /** When it replaced another one; undefined for the token of the sign-in. */
  readonly renewedAt?: number | undefined;
  readonly refresh: string | undefined;
  /** The ID token, by which the identity provider knows at a logout whose session it is. */
  readonly id: string | undefined;
}

/** A user who signed in. */
export interface SessionRecord {
  /** No secret: it stands in lists and messages. */
  readonly id: string;
  readonly user: User;
  /** The session at the identity provider (`sid`, OpenID Connect Back-Channel Logout §2.1). */
  readonly sid: string | undefined;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** Undefined where the browser keeps the session. */
  readonly tokens: SessionTokens | undefined;
}

/** A record as it is sealed, with the time of its last use. */
export function sessionText({ id, user, sid, startedAt, tokens }: SessionRecord, seenAt: number): string {
  const { issuer, subject, claims, scopes, roles } = user;
  // A list, because a cookie has room for some 2,900 characters.
  return JSON.stringify([id, startedAt, seenAt, issuer, subject, sid ?? null, claims, scopes, roles, tokens ?? null]);
}

/** @param text from `sessionText`: only what was sealed here is opened. */
export function sessionOf(text: string): { readonly record: SessionRecord; readonly seenAt: number } {
  const [id, startedAt, seenAt, issuer, subject, sid, claims, scopes, roles, tokens] = JSON.parse(text);
  const user: User = { issuer, subject, claims, scopes, roles };
  return { record: { id, user, sid: sid ?? undefined, startedAt, tokens: tokens ?? undefined }, seenAt };
}

/** Names a user where the name itself should not be read. */
export function userLabel(issuer: string, subject: string): string {
  return hash('sha256', JSON.stringify(['user', issuer, subject]), 'base64url');
}

/** Names a session of the identity provider in the same way. */
export function providerSessionLabel(issuer: string, sid: string): string {
  return hash('sha256', JSON.stringify(['session', issuer, sid]), 'base64url');
}

/** The labels by which the provider, or an operator, ends a session. */
export function labelsOf({ user: { issuer, subject }, sid }: SessionRecord): readonly string[] {
  const user = userLabel(issuer, subject);
  return sid === undefined ? [user] : [user, providerSessionLabel(issuer, sid)];
}
