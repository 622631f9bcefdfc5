import type { Clock } from '../../core/ports/clock.ts';
import type { SessionEnd, SessionNews } from '../../core/ports/session-news.ts';
import type { User } from '../../core/user.ts';
import { labelsOf, type SessionRecord, userLabel } from './session-record.ts';

/** The most ends that are remembered, about 100 bytes each. Beyond it the older half is forgotten. */
const MAX_ENDS = 1_000_000;

/** A session in use: a stream or a WebSocket that ends with it. */
interface Watched {
  readonly record: SessionRecord;
  readonly keys: readonly string[];
  readonly listener: () => void;
}

/**
 * The sessions that ended before their time, at this process or another one. A cookie cannot be taken back, so a copy
 * of it is refused by this list; and what is open for a session is ended.
 */
export class EndedSessions {
  readonly #clock: Clock;
  readonly #maxMs: number;
  readonly #news: readonly SessionNews[];
  /** When they ended. Two maps take turns: the older one holds what ended more than `maxMs` ago, at least. */
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #turnAt: number;
  /** The sessions of everybody that began until then have ended. */
  #everybodyAt = Number.NEGATIVE_INFINITY;
  /** By what ends them, because there may be very many. */
  readonly #watched = new Map<string, Set<Watched>>();

  /** @param maxMs the longest life of a session. @param news of the other processes. */
  constructor(clock: Clock, maxMs: number, news: readonly SessionNews[]) {
    this.#clock = clock;
    this.#maxMs = maxMs;
    this.#news = news;
    this.#turnAt = clock.now() + maxMs;
    for (const each of news) each.subscribe(end => this.#apply(end));
  }

  /** Here and at the other processes. */
  end(end: SessionEnd): void {
    this.#apply(end);
    for (const each of this.#news) each.publish(end);
  }

  has(record: SessionRecord): boolean {
    const { id, startedAt } = record;
    if (startedAt <= this.#everybodyAt) return true;
    if (this.#recent.size === 0 && this.#older.size === 0) return false;
    if (this.#endOf(id) !== undefined) return true;
    const [user = '', session] = labelsOf(record);
    if (session !== undefined && this.#endOf(session) !== undefined) return true;
    const userEnd = this.#endOf(user);
    return userEnd !== undefined && startedAt <= userEnd;
  }

  /** The start of a new session: after the last end of its user, also if the clock was set back since. */
  startFor({ issuer, subject }: User): number {
    const userEnd = this.#endOf(userLabel(issuer, subject)) ?? Number.NEGATIVE_INFINITY;
    return Math.max(this.#clock.wall(), userEnd + 1, this.#everybodyAt + 1);
  }

  /**
   * Calls the listener once when the session ends, at once if it has. @returns a function that removes the listener.
   */
  watch(record: SessionRecord, listener: () => void): () => void {
    if (this.has(record)) {
      listener();
      return () => undefined;
    }
    const watched = { record, keys: [record.id, ...labelsOf(record)], listener };
    for (const key of watched.keys) {
      const known = this.#watched.get(key);
      if (known === undefined) this.#watched.set(key, new Set([watched]));
      else known.add(watched);
    }
    return () => this.#forget(watched);
  }

  #forget(watched: Watched): void {
    for (const key of watched.keys) {
      const known = this.#watched.get(key);
      known?.delete(watched);
      if (known?.size === 0) this.#watched.delete(key);
    }
  }

  #endOf(key: string): number | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  #apply(end: SessionEnd): void {
    // The clock of another host may be ahead: nobody could sign in until then.
    const at = Math.min(end.at, this.#clock.wall());
    if (end.of === 'everybody') this.#everybodyAt = Math.max(this.#everybodyAt, at);
    else this.#remember(end.key, at);
    const affected =
      end.of === 'everybody' ? [...this.#watched.values()].flatMap(each => [...each]) : this.#watched.get(end.key);
    for (const watched of [...(affected ?? [])]) {
      if (!this.has(watched.record)) continue;
      this.#forget(watched);
      watched.listener();
    }
  }

  #remember(key: string, at: number): void {
    const now = this.#clock.now();
    if (now >= this.#turnAt || this.#recent.size * 2 >= MAX_ENDS) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#turnAt = now + this.#maxMs;
    }
    this.#recent.set(key, Math.max(at, this.#endOf(key) ?? at));
  }
}
