// What an operator sees of sessions, as plain data: a worker sends it, a program reads it.

/** Where sessions are kept: by the browsers, in a file, or in Redis. */
export type SessionStoreName = 'cookie' | 'disk' | 'redis';

/** A session without its tokens, its claims and its cookie. */
export interface ListedSession {
  /** Identifies it in this gateway; no secret. */
  readonly id: string;
  readonly subject: string;
  readonly issuer: string;
  /** In ISO 8601. */
  readonly startedAt: string;
  readonly ageSeconds: number;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Whether it has tokens for the services. */
  readonly hasTokens: boolean;
}

/** The sessions that a gateway knows. */
export interface SessionListing {
  /** `cookie`: the browsers keep them, so the list is empty. */
  readonly store: SessionStoreName;
  /** At most 1,000, the newest first. */
  readonly sessions: readonly ListedSession[];
  /** How many more there are; in Redis about so many. */
  readonly more: number;
}

/** What a command to end sessions came to. */
export interface SessionsEnded {
  readonly store: SessionStoreName;
  /** The number of sessions that ended; absent where the browsers keep them, so that nobody knows it. */
  readonly ended?: number;
}
