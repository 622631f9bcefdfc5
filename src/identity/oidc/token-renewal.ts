import { randomUUID } from 'node:crypto';
import { refreshTokenGrant } from 'openid-client';
import { precomputed } from '../../core/failure.ts';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { SessionMeter } from '../../core/ports/meter.ts';
import type { SessionRecord, SessionTokens } from '../session/session-record.ts';
import type { Sessions, StoredTokens } from '../session/sessions.ts';
import type { Provider } from './provider.ts';
import { isInvalidGrant, unavailable } from './provider-failure.ts';
import { tokensOf } from './tokens-of.ts';
import { scopesIn, type UserRule, userOf } from './user-of.ts';

/** How long a claim lasts that its process does not extend: that of one which died. */
const CLAIM_MS = 10_000;
/** How often a process that is still at it extends its claim. */
const EXTEND_MS = 3_000;
/** How often, and how far apart, new tokens are offered to a store that is away. */
const SAVES = 10;
const SAVE_AGAIN_MS = 200;
/** A token that is younger was not refused because it is over. */
const YOUNG_MS = 10_000;
/** The most sessions whose tokens wait for a store that is away. */
const MAX_UNSAVED = 10_000;
/** How often a process looks whether another one is done. */
const LOOK_MS = 50;

const SESSION_ENDED = precomputed('session.ended', 'The session has ended, sign in again');

export interface TokenRenewalOptions {
  readonly provider: Provider;
  readonly sessions: Pick<Sessions, 'end'>;
  readonly stored: StoredTokens;
  readonly userRule: UserRule;
  readonly clock: Clock;
  readonly meter: SessionMeter;
}

/**
 * Renews the access tokens of sessions. A provider takes a refresh token once, and takes a second use for a theft (RFC
 * 9700 §4.14.2), so each session has one renewal at a time: one promise in this process, one claim between processes.
 * A client that leaves does not end it, because the new tokens would be lost.
 */
export class TokenRenewal {
  readonly #options: TokenRenewalOptions;
  readonly #running = new Map<string, Promise<SessionRecord>>();
  /** Tokens that no store has yet. Those that they replace are used up. */
  readonly #unsaved = new Map<string, SessionRecord>();

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
  }

  /**
   * The access token of a session, renewed if need be. @throws GatewayError `session.ended`, `identity.unavailable`.
   */
  token(record: SessionRecord): string | Promise<string | undefined> | undefined {
    const { tokens } = record;
    if (tokens === undefined) return undefined;
    return this.#isUsable(tokens) ? tokens.access : this.#renewed(record.id, tokens.access);
  }

  /**
   * Another token than the one that a service refused; undefined if that one is the latest, and so young that a service
   * refuses every one. @throws the same.
   */
  async renewed({ id }: SessionRecord, refused: string): Promise<string | undefined> {
    // The session of a request is as old as the request: another one may have renewed its token.
    const { tokens } = this.#unsaved.get(id) ?? (await this.#current(id));
    const isLatest = tokens?.access === refused;
    if (tokens !== undefined && !isLatest) return tokens.access;
    return isLatest && this.#isYoung(tokens) ? undefined : await this.#renewed(id, refused);
  }

  async #renewed(id: string, refused: string): Promise<string | undefined> {
    const running = this.#running.get(id) ?? this.#start(id, refused);
    return (await running).tokens?.access;
  }

  #isUsable({ renewAt }: SessionTokens): boolean {
    return renewAt === undefined || this.#options.clock.wall() < renewAt;
  }

  #isYoung({ renewedAt = Number.NEGATIVE_INFINITY }: SessionTokens): boolean {
    const ageMs = this.#options.clock.wall() - renewedAt;
    // Less than zero after the clock was set back.
    return ageMs >= 0 && ageMs < YOUNG_MS;
  }

  #start(id: string, refused: string): Promise<SessionRecord> {
    const running = this.#renew(id, refused).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    // Nobody may wait for it any more.
    running.catch(() => undefined);
    return running;
  }

  async #renew(id: string, refused: string): Promise<SessionRecord> {
    const { stored, clock } = this.#options;
    const owner = randomUUID();
    const until = clock.now() + CLAIM_MS * 2;
    while (clock.now() < until) {
      const record = await this.#current(id);
      if (isOther(record, refused)) return record;
      if (await stored.claim(id, owner, CLAIM_MS)) return await this.#claimed(id, refused, owner);
      await pause(clock, LOOK_MS);
    }
    throw unavailable(new Error('another process renews the tokens of this session, and does not end'));
  }

  async #claimed(id: string, refused: string, owner: string): Promise<SessionRecord> {
    const { stored } = this.#options;
    const stop = this.#extend(id, owner);
    try {
      // Somebody may have been done in the meantime.
      const record = this.#unsaved.get(id) ?? (await this.#current(id));
      if (!isOther(record, refused)) return await this.#counted(record);
      return this.#unsaved.has(id) ? await this.#saved(record) : record;
    } finally {
      stop();
      await stored.release(id, owner).catch(() => undefined);
    }
  }

  /** Discovery, tokens and keys together may take longer than a claim lasts. @returns what ends it. */
  #extend(id: string, owner: string): () => void {
    const { stored, clock } = this.#options;
    const next = (): Timer =>
      clock.after(EXTEND_MS, () => {
        void stored.extend(id, owner, CLAIM_MS).catch(() => undefined);
        timer = next();
      });
    let timer = next();
    return () => timer.cancel();
  }

  async #current(id: string): Promise<SessionRecord> {
    const record = await this.#options.stored.read(id);
    if (record === undefined) throw SESSION_ENDED;
    return record;
  }

  async #counted(record: SessionRecord): Promise<SessionRecord> {
    const { meter } = this.#options;
    try {
      const renewed = await this.#refresh(record);
      meter.renewal('renewed');
      return renewed;
    } catch (thrown) {
      meter.renewal(thrown === SESSION_ENDED ? 'ended' : 'unavailable');
      throw thrown;
    }
  }

  async #refresh(record: SessionRecord): Promise<SessionRecord> {
    const { provider, userRule, clock } = this.#options;
    const { tokens } = record;
    if (tokens?.refresh === undefined) {
      await this.#end(record);
      throw SESSION_ENDED;
    }
    const configuration = await provider.configuration();
    let granted: Awaited<ReturnType<typeof refreshTokenGrant>>;
    try {
      granted = await refreshTokenGrant(configuration, tokens.refresh);
    } catch (cause) {
      if (!isInvalidGrant(cause)) throw unavailable(cause);
      // Another process may have used the token, although it had to wait.
      const now = await this.#current(record.id);
      if (isOther(now, tokens.access)) return now;
      await this.#end(record);
      throw SESSION_ENDED;
    }
    const claims = granted.claims();
    // OpenID Connect Core §12.2: it has to be the same user.
    if (claims !== undefined && claims.sub !== record.user.subject) {
      await this.#end(record);
      throw SESSION_ENDED;
    }
    const scope = granted.scope ?? record.user.scopes.join(' ');
    const user = claims === undefined ? { ...record.user, scopes: scopesIn(scope) } : userOf(claims, scope, userRule);
    const renewed = { ...record, user, tokens: tokensOf(granted, clock.wall(), tokens) };
    return await this.#saved(renewed);
  }

  /** Keeps new tokens here as long as the store does not take them. */
  async #saved(record: SessionRecord): Promise<SessionRecord> {
    const { stored, clock } = this.#options;
    const { id, user, tokens } = record;
    if (tokens === undefined) return record;
    for (let tries = 0; tries < SAVES; tries++) {
      try {
        const isThere = await stored.replace(record, tokens, user);
        this.#unsaved.delete(id);
        if (!isThere) throw SESSION_ENDED;
        return record;
      } catch (thrown) {
        if (thrown === SESSION_ENDED) throw thrown;
        if (this.#unsaved.size < MAX_UNSAVED) this.#unsaved.set(id, record);
        await pause(clock, SAVE_AGAIN_MS);
      }
    }
    return record;
  }

  async #end(record: SessionRecord): Promise<void> {
    const { sessions, meter } = this.#options;
    await sessions.end(record);
    meter.ended('provider', 1);
  }
}

function isOther({ tokens }: SessionRecord, refused: string): boolean {
  return tokens !== undefined && tokens.access !== refused;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => {
    clock.after(ms, resolve);
  });
}
