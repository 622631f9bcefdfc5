import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { SessionRecords } from '../../core/ports/session-records.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { KeyRing } from './key-ring.ts';
import type { SessionCookie } from './session-cookie.ts';
import { labelsOf, type SessionRecord, type SessionTokens, sessionOf, sessionText } from './session-record.ts';
import type { SessionTimes } from './session-times.ts';
import type { BegunSession, FoundSession, NewSession, SessionList, Sessions, StoredTokens } from './sessions.ts';

export interface StoredSessionsOptions {
  readonly records: SessionRecords;
  readonly keys: KeyRing;
  readonly cookie: SessionCookie;
  readonly times: SessionTimes;
  readonly ended: EndedSessions;
  readonly clock: Clock;
}

/** Who has a name that is used once. */
const USED = 'used';

/** A cookie of 32 random bytes. */
const SECRET = /^[\w-]{43}$/;

/**
 * Sessions on the server. The cookie is a random secret, and the record has its hash as its id, so that who reads the
 * store has no cookie. Records are sealed: they hold tokens.
 */
export class StoredSessions implements Sessions, StoredTokens {
  readonly stored = this;
  readonly #options: StoredSessionsOptions;

  constructor(options: StoredSessionsOptions) {
    this.#options = options;
  }

  async begin(session: NewSession): Promise<BegunSession> {
    const { records, cookie, times, ended } = this.#options;
    const secret = randomBytes(32).toString('base64url');
    const record = { ...session, id: idOf(secret), startedAt: ended.startFor(session.user) };
    await records.add(record.id, this.#seal(record), labelsOf(record), times);
    return { record, setCookie: cookie.set(secret, times.secondsLeft(record.startedAt, record.startedAt)) };
  }

  async find(cookie: string): Promise<FoundSession | undefined> {
    if (!SECRET.test(cookie)) return undefined;
    const record = await this.read(idOf(cookie));
    return record && { record, setCookie: undefined };
  }

  async read(id: string): Promise<SessionRecord | undefined> {
    const { records, times, ended, clock } = this.#options;
    const sealed = await records.get(id, times);
    const record = sealed === undefined ? undefined : this.#open(id, sealed);
    if (record === undefined) return undefined;
    const now = clock.wall();
    if (!times.isOver(record.startedAt, now, now) && !ended.has(record)) return record;
    await records.remove(id);
    return undefined;
  }

  async replace(record: SessionRecord, tokens: SessionTokens, user: SessionRecord['user']): Promise<boolean> {
    const { records, ended } = this.#options;
    return !ended.has(record) && (await records.replace(record.id, this.#seal({ ...record, tokens, user })));
  }

  async end({ id }: Pick<SessionRecord, 'id'>): Promise<boolean> {
    const { records, ended, clock } = this.#options;
    ended.end({ of: 'session', key: id, at: clock.wall() });
    return await records.remove(id);
  }

  async endAll(of: 'user' | 'provider-session', label: string): Promise<number> {
    const { records, ended, clock } = this.#options;
    // First, so that no request with such a session begins while the records are removed.
    ended.end({ of, key: label, at: clock.wall() });
    const ids = await records.labelled(label);
    // A label outlives the records of sessions that were idle.
    const removed = await Promise.all(ids.map(id => records.remove(id)));
    return removed.filter(wasThere => wasThere).length;
  }

  async endEverybody(): Promise<number> {
    const { records, ended, clock } = this.#options;
    ended.end({ of: 'everybody', key: '*', at: clock.wall() });
    return await records.removeAll();
  }

  async list(max: number, label?: string): Promise<SessionList> {
    const { ended } = this.#options;
    const { records, more } = await this.#options.records.list(max, label);
    const open = records.flatMap(({ id, sealed }) => this.#open(id, sealed) ?? []);
    return { records: open.filter(record => !ended.has(record)), more };
  }

  claim(id: string, owner: string, ms: number): Promise<boolean> {
    return this.#options.records.claim(`renew:${id}`, owner, ms);
  }

  release(id: string, owner: string): Promise<void> {
    return this.#options.records.release(`renew:${id}`, owner);
  }

  extend(id: string, owner: string, ms: number): Promise<boolean> {
    return this.#options.records.extend(`renew:${id}`, owner, ms);
  }

  isFirst(name: string, ms: number): Promise<boolean> {
    return this.#options.records.claim(`used:${name}`, USED, ms);
  }

  forget(name: string): Promise<void> {
    return this.#options.records.release(`used:${name}`, USED);
  }

  close(): void {
    this.#options.records.close();
  }

  #seal(record: SessionRecord): string {
    return this.#options.keys.seal(record.id, sessionText(record, record.startedAt));
  }

  #open(id: string, sealed: string): SessionRecord | undefined {
    const opened = this.#options.keys.open(id, sealed);
    return opened && sessionOf(opened.text).record;
  }
}

function idOf(secret: string): string {
  return hash('sha256', secret, 'base64url').slice(0, 22);
}
