import type { SessionRecord, SessionTokens } from './session-record.ts';

/** A session that a cookie names. */
export interface FoundSession {
  readonly record: SessionRecord;
  /** The `Set-Cookie` of a cookie that has to be sent anew. */
  readonly setCookie: string | undefined;
}

/** A new session, with the cookie that names it. */
export interface BegunSession {
  readonly record: SessionRecord;
  readonly setCookie: string;
}

/** A session before it has an id. */
export type NewSession = Omit<SessionRecord, 'id' | 'startedAt'>;

/** Keeps sessions in the browser, or on the server. */
export interface Sessions {
  /** @throws GatewayError `session.too_large`, `session.unavailable`. */
  begin(session: NewSession): BegunSession | Promise<BegunSession>;
  /** Undefined for a cookie of no session, or of one that has ended. @throws GatewayError `session.unavailable`. */
  find(cookie: string): FoundSession | undefined | Promise<FoundSession | undefined>;
  /** @returns whether it is known to have been there. */
  end(session: Pick<SessionRecord, 'id'>): Promise<boolean>;
  /** Ends those of a user, or of a session at the identity provider. @returns how many are known to have ended. */
  endAll(of: 'user' | 'provider-session', label: string): Promise<number>;
  /** Undefined where the browsers keep them. */
  readonly stored: StoredTokens | undefined;
  /** Whether a name was never used before, for some time. */
  isFirst(name: string, ms: number): Promise<boolean>;
  /** What the name was used for has failed, so it may be used again. */
  forget(name: string): Promise<void>;
  close(): void;
}

/** Some of the sessions. */
export interface SessionList {
  readonly records: readonly SessionRecord[];
  /** How many more there are, about. */
  readonly more: number;
}

/** The sessions that the server keeps, with their tokens. */
export interface StoredTokens {
  /** The record as it is now. */
  read(id: string): Promise<SessionRecord | undefined>;
  /** @returns false if the session has ended. */
  replace(record: SessionRecord, tokens: SessionTokens, user: SessionRecord['user']): Promise<boolean>;
  /** Takes the right to renew the tokens of a session. */
  claim(id: string, owner: string, ms: number): Promise<boolean>;
  /** Keeps that right for some more time. @returns false if it is somebody else's. */
  extend(id: string, owner: string, ms: number): Promise<boolean>;
  release(id: string, owner: string): Promise<void>;
  /** @param max the most records. @param label lists those with this label only. */
  list(max: number, label?: string): Promise<SessionList>;
  /** Ends every session. @returns how many there were. */
  endEverybody(): Promise<number>;
}
