import { randomBytes } from 'node:crypto';
import { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { KeyRing } from './key-ring.ts';
import type { SessionCookie } from './session-cookie.ts';
import { type SessionRecord, sessionOf, sessionText } from './session-record.ts';
import type { SessionTimes } from './session-times.ts';
import type { BegunSession, FoundSession, NewSession, Sessions } from './sessions.ts';
import { UsedNames } from './used-names.ts';

export interface CookieSessionsOptions {
  readonly keys: KeyRing;
  readonly cookie: SessionCookie;
  readonly times: SessionTimes;
  readonly ended: EndedSessions;
  readonly clock: Clock;
}

/** Sessions that the browsers keep, sealed. The server knows only those that were ended. */
export class CookieSessions implements Sessions {
  readonly stored = undefined;
  readonly #options: CookieSessionsOptions;
  readonly #used: UsedNames;

  constructor(options: CookieSessionsOptions) {
    this.#options = options;
    this.#used = new UsedNames(options.clock);
  }

  begin(session: NewSession): BegunSession {
    const { cookie, ended } = this.#options;
    const startedAt = ended.startFor(session.user);
    const record: SessionRecord = {
      ...session,
      // Tokens of a cookie would be renewed by each request at once, and the provider takes each one time only.
      tokens: undefined,
      id: randomBytes(16).toString('base64url'),
      startedAt,
    };
    const value = this.#seal(record, startedAt);
    if (!cookie.fits(value)) {
      const names = Object.keys(record.user.claims).join(', ');
      throw new GatewayError(
        'session.too_large',
        'The identity provider says more about this user than a cookie holds',
        {
          cause: new Error(
            `the claims ${names} make a cookie of ${value.length} bytes; list the needed ones in auth.oidc.claims`,
          ),
        },
      );
    }
    return { record, setCookie: this.#cookieOf(record, value) };
  }

  find(cookie: string): FoundSession | undefined {
    const {
      keys,
      cookie: { name },
      times,
      ended,
      clock,
    } = this.#options;
    const opened = keys.open(name, cookie);
    if (opened === undefined) return undefined;
    const { record, seenAt } = sessionOf(opened.text);
    const now = clock.wall();
    if (times.isOver(record.startedAt, seenAt, now) || ended.has(record)) return undefined;
    if (!opened.isOld && !times.isSeenAnew(seenAt, now)) return { record, setCookie: undefined };
    return { record, setCookie: this.#cookieOf(record, this.#seal(record, now)) };
  }

  /** Only the browser knows whether there is one. */
  async end({ id }: Pick<SessionRecord, 'id'>): Promise<boolean> {
    const { ended, clock } = this.#options;
    ended.end({ of: 'session', key: id, at: clock.wall() });
    return false;
  }

  async endAll(of: 'user' | 'provider-session', label: string): Promise<number> {
    const { ended, clock } = this.#options;
    ended.end({ of, key: label, at: clock.wall() });
    return 0;
  }

  async isFirst(name: string, ms: number): Promise<boolean> {
    return this.#used.isFirst(name, ms);
  }

  async forget(name: string): Promise<void> {
    this.#used.forget(name);
  }

  close(): void {}

  #seal(record: SessionRecord, seenAt: number): string {
    const { keys, cookie } = this.#options;
    return keys.seal(cookie.name, sessionText(record, seenAt));
  }

  #cookieOf({ startedAt }: SessionRecord, value: string): string {
    const { cookie, times, clock } = this.#options;
    return cookie.set(value, times.secondsLeft(startedAt, clock.wall()));
  }
}
