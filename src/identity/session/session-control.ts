import type { SessionCommand, SessionQuery } from '../../config/session-command.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SessionMeter } from '../../core/ports/meter.ts';
import type { ListedSession, SessionListing, SessionStoreName, SessionsEnded } from '../../core/session-listing.ts';
import { type SessionRecord, userLabel } from './session-record.ts';
import type { Sessions } from './sessions.ts';

const MAX_LISTED = 1_000;

export interface SessionControlOptions {
  readonly sessions: Sessions;
  readonly store: SessionStoreName;
  /** Of all users: that of the identity provider. */
  readonly issuer: string;
  readonly meter: SessionMeter;
  readonly clock: Clock;
}

/** What an operator does with the sessions of a gateway. */
export class SessionControl {
  readonly #options: SessionControlOptions;

  constructor(options: SessionControlOptions) {
    this.#options = options;
  }

  /** @throws GatewayError `session.unavailable`. */
  async list({ user }: SessionQuery): Promise<SessionListing> {
    const { sessions, store, issuer } = this.#options;
    if (sessions.stored === undefined) return { store, sessions: [], more: 0 };
    const label = user === undefined ? undefined : userLabel(issuer, user);
    const { records, more } = await sessions.stored.list(MAX_LISTED, label);
    const listed = records.toSorted((a, b) => b.startedAt - a.startedAt).map(record => this.#listed(record));
    return { store, sessions: listed, more };
  }

  /** @throws GatewayError `session.unavailable`; TypeError for all sessions if the browsers keep them. */
  async end(command: SessionCommand): Promise<SessionsEnded> {
    const { sessions, store, meter } = this.#options;
    const ended = await this.#end(command);
    meter.ended('operator', ended);
    return sessions.stored === undefined ? { store } : { store, ended };
  }

  async #end(command: SessionCommand): Promise<number> {
    const { sessions, issuer } = this.#options;
    if ('id' in command) return Number(await sessions.end(command));
    if ('user' in command) return await sessions.endAll('user', userLabel(issuer, command.user));
    if (sessions.stored !== undefined) return await sessions.stored.endEverybody();
    throw new TypeError(
      'The browsers keep the sessions: replace the key in `session.keys`, and all of them have ended',
    );
  }

  #listed({ id, user, startedAt, tokens }: SessionRecord): ListedSession {
    const { subject, issuer, scopes, roles } = user;
    const ageSeconds = Math.max(0, Math.floor((this.#options.clock.wall() - startedAt) / 1_000));
    const startedText = new Date(startedAt).toISOString();
    return { id, subject, issuer, startedAt: startedText, ageSeconds, scopes, roles, hasTokens: tokens !== undefined };
  }
}
