import type { Clock } from '../../core/ports/clock.ts';
import type { SessionEnd, SessionNews } from '../../core/ports/session-news.ts';
import { providerSessionLabel, type SessionRecord, userLabel } from './session-record.ts';

/** The most ends that are remembered, about 100 bytes each. Beyond it the older half is forgotten. */
const MAX_ENDS = 1_000_000;

/** A session in use: a stream or a WebSocket that ends with it. */
interface Watched {
  readonly record: SessionRecord;
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
  readonly #watched = new Set<Watched>();

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
    if (record.startedAt <= this.#everybodyAt) return true;
    if (this.#recent.size === 0 && this.#older.size === 0) return false;
    const { id, user, sid, startedAt } = record;
    if (this.#endOf(id) !== undefined) return true;
    if (sid !== undefined && this.#endOf(providerSessionLabel(user.issuer, sid)) !== undefined) return true;
    const userEnd = this.#endOf(userLabel(user.issuer, user.subject));
    return userEnd !== undefined && startedAt <= userEnd;
  }

  /** Calls the listener once when the session ends. @returns a function that removes the listener. */
  watch(record: SessionRecord, listener: () => void): () => void {
    const watched = { record, listener };
    this.#watched.add(watched);
    return () => this.#watched.delete(watched);
  }

  #endOf(key: string): number | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  #apply(end: SessionEnd): void {
    if (end.of === 'everybody') this.#everybodyAt = Math.max(this.#everybodyAt, end.at);
    else this.#remember(end);
    for (const watched of [...this.#watched]) {
      if (!this.has(watched.record)) continue;
      this.#watched.delete(watched);
      watched.listener();
    }
  }

  #remember({ key, at }: SessionEnd): void {
    const now = this.#clock.now();
    if (now >= this.#turnAt || this.#recent.size * 2 >= MAX_ENDS) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#turnAt = now + this.#maxMs;
    }
    this.#recent.set(key, Math.max(at, this.#endOf(key) ?? at));
  }
}
