import { randomUUID } from 'node:crypto';
import { refreshTokenGrant } from 'openid-client';
import { precomputed } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SessionMeter } from '../../core/ports/meter.ts';
import type { SessionRecord, SessionTokens } from '../session/session-record.ts';
import type { Sessions, StoredTokens } from '../session/sessions.ts';
import type { Provider } from './provider.ts';
import { isInvalidGrant, unavailable } from './provider-failure.ts';
import { tokensOf } from './tokens-of.ts';
import { type UserRule, userOf } from './user-of.ts';

/** How long a process may take; afterwards another one tries. */
const CLAIM_MS = 10_000;
/** How often a process looks whether another one is done. */
const LOOK_MS = 50;

const SESSION_ENDED = precomputed('session.ended', 'The session has ended, sign in again');

export interface TokenRenewalOptions {
  readonly provider: Provider;
  readonly sessions: Sessions;
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

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
  }

  /**
   * The access token of a session, renewed if need be. @throws GatewayError `session.ended`, `identity.unavailable`.
   */
  token(record: SessionRecord): string | Promise<string | undefined> | undefined {
    const { tokens } = record;
    if (tokens === undefined) return undefined;
    return this.#isUsable(tokens) ? tokens.access : this.renewed(record, tokens.access);
  }

  /** Another token than the one that was refused. @throws the same. */
  async renewed(record: SessionRecord, refused: string): Promise<string | undefined> {
    const running = this.#running.get(record.id) ?? this.#start(record.id, refused);
    return (await running).tokens?.access;
  }

  #isUsable({ renewAt }: SessionTokens): boolean {
    return renewAt === undefined || this.#options.clock.wall() < renewAt;
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
    try {
      // Somebody may have been done in the meantime.
      const record = await this.#current(id);
      return isOther(record, refused) ? record : await this.#counted(record);
    } finally {
      await stored.release(id, owner).catch(() => undefined);
    }
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
    const { provider, stored, userRule, clock } = this.#options;
    const { tokens } = record;
    if (tokens?.refresh === undefined) throw SESSION_ENDED;
    const configuration = await provider.configuration();
    let granted: Awaited<ReturnType<typeof refreshTokenGrant>>;
    try {
      granted = await refreshTokenGrant(configuration, tokens.refresh);
    } catch (cause) {
      if (!isInvalidGrant(cause)) throw unavailable(cause);
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
    const user = claims === undefined ? { ...record.user, scopes: scope.split(' ') } : userOf(claims, scope, userRule);
    const renewed = { ...record, user, tokens: tokensOf(granted, clock.wall(), tokens) };
    if (!(await stored.replace(record, renewed.tokens, user))) throw SESSION_ENDED;
    return renewed;
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
