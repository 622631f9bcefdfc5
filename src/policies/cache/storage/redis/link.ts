import { type Clock, systemClock, type Timer } from '../../../../core/ports/clock.ts';
import { CONNECT_MS, clientFor, type RedisClient } from './client.ts';
import type { RedisNode } from './locate.ts';

const FIRST_WAIT_MS = 100;
const MAX_WAIT_MS = 5_000;
/** The ping interval of an idle connection, and the time limit of the reply. */
const PING_MS = 5_000;
const PONG_MS = 2_000;

/** One connection period, which ends permanently at the first error. */
export interface Session {
  readonly commands: RedisClient;
  readonly subscriber: RedisClient;
}

interface LinkOptions {
  /** Finds the server, anew for each session. */
  readonly locate: () => Promise<RedisNode>;
  readonly clock?: Clock;
  /** From 0 up to 1. Default Math.random. */
  readonly chance?: () => number;
  /** Runs before the first command; a failure ends the session. */
  readonly prepare: (session: Session) => Promise<void>;
  readonly up: () => void;
  readonly down: (why: string) => void;
}

/** A connection that is re-established in the background with growing delays. It never throws. */
export class RedisLink {
  readonly #options: LinkOptions;
  readonly #clock: Clock;
  #session: Session | undefined;
  #ready = false;
  #closed = false;
  #attempts = 0;
  #retry: Timer | undefined;
  #ping: Timer | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    void this.#connect();
  }

  /** Undefined while there is no connection with an up-to-date purge log. */
  get session(): Session | undefined {
    return this.#ready ? this.#session : undefined;
  }

  /** Ends the session after an inconsistency; the next one starts from scratch. */
  fail(session: Session, why: string): void {
    this.#end(session, why);
  }

  close(): void {
    this.#closed = true;
    if (this.#session !== undefined) this.#end(this.#session, 'closed');
    this.#retry?.cancel();
  }

  async #connect(): Promise<void> {
    try {
      const node = await this.#options.locate();
      if (!this.#closed) await this.#open(node);
    } catch (error) {
      this.#retryLater(String(error));
    }
  }

  async #open({ url, check }: RedisNode): Promise<void> {
    const session = { commands: clientFor(url), subscriber: clientFor(url) };
    this.#session = session;
    for (const client of [session.commands, session.subscriber]) {
      client.on('error', error => this.#end(session, reasonOf(error)));
      client.on('end', () => this.#end(session, 'the connection was closed'));
    }
    // A server that accepts and stays silent counts as unreachable.
    const limit = this.#clock.after(CONNECT_MS * 2, () => this.#end(session, 'no reply'));
    try {
      await Promise.all([session.commands.connect(), session.subscriber.connect()]);
      await check(session.commands);
      await this.#options.prepare(session);
      if (this.#session !== session) return;
      this.#ready = true;
      this.#attempts = 0;
      this.#options.up();
      this.#watch(session, check);
    } catch (error) {
      this.#end(session, reasonOf(error));
    } finally {
      limit.cancel();
    }
  }

  #end(session: Session, why: string): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#ready = false;
    this.#ping?.cancel();
    for (const client of [session.commands, session.subscriber]) {
      // Also closes a connection in progress.
      if (client.isOpen) client.destroy();
    }
    this.#retryLater(why);
  }

  #retryLater(why: string): void {
    if (this.#closed) return;
    this.#options.down(why);
    const longest = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempts++);
    const wait = longest * (0.5 + (this.#options.chance ?? Math.random)() / 2);
    this.#retry = this.#clock.after(wait, () => void this.#connect());
  }

  #watch(session: Session, check: RedisNode['check']): void {
    this.#ping = this.#clock.after(PING_MS, () => {
      this.#ping = this.#clock.after(PONG_MS, () => this.#end(session, 'no reply'));
      Promise.all([check(session.commands), session.subscriber.ping()]).then(
        () => {
          if (this.#session !== session) return;
          this.#ping?.cancel();
          this.#watch(session, check);
        },
        error => this.#end(session, reasonOf(error)),
      );
    });
  }
}

/** Redis names neither the setting that is wrong nor the secret in it. */
function reasonOf(error: unknown): string {
  const text = String(error);
  if (/\bWRONGPASS\b/.test(text)) return `Redis refuses the user or the password of its URL (${text})`;
  return /\bNOAUTH\b/.test(text) ? `Redis needs a password, and its URL has none (${text})` : text;
}
