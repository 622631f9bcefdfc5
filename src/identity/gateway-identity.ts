import type { Exchange } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import type { Clock, Timer } from '../core/ports/clock.ts';
import type { Identity, SignIn, TokenSource } from '../core/ports/identity.ts';
import type { Recognised, SessionHandle } from '../core/ports/recognised.ts';
import { CREDENTIAL_KINDS, type CredentialKind } from '../core/user.ts';
import type { ApiKeys } from './api-keys.ts';
import type { BearerTokens } from './jwt/bearer-tokens.ts';
import type { TokenRenewal } from './oidc/token-renewal.ts';
import type { EndedSessions } from './session/ended-sessions.ts';
import type { SessionRecord } from './session/session-record.ts';
import type { SessionTimes } from './session/session-times.ts';
import type { FoundSession, Sessions } from './session/sessions.ts';

/** The sessions of a gateway with what belongs to them. */
export interface SessionParts {
  readonly sessions: Sessions;
  readonly cookieName: string;
  readonly ended: EndedSessions;
  readonly times: SessionTimes;
  readonly clock: Clock;
  /** Undefined where sessions have no tokens. */
  readonly renewal: TokenRenewal | undefined;
}

export interface IdentityParts {
  readonly bearers: BearerTokens | undefined;
  readonly apiKeys: ApiKeys | undefined;
  readonly session: SessionParts | undefined;
  readonly signIn: SignIn | undefined;
  readonly tokens: TokenSource;
}

/** No timer waits longer; one that is over too early waits again. */
const MAX_WAIT_MS = 86_400_000;

const TWO_CREDENTIALS = precomputed('request.malformed', 'A request has one Authorization header');
const NO_KEY = precomputed('request.unauthorized', 'This API key is not known', {
  headers: ['WWW-Authenticate', 'ApiKey'],
});

const BEARER = /^bearer +(\S+) *$/i;

/** Recognises the users of a gateway: by a token before a key, and by a key before a session. */
export class GatewayIdentity implements Identity {
  readonly credentials: ReadonlySet<CredentialKind>;
  readonly signIn: SignIn | undefined;
  readonly tokens: TokenSource;
  readonly keepsTokens: boolean;
  readonly #parts: IdentityParts;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
    this.signIn = parts.signIn;
    this.tokens = parts.tokens;
    this.keepsTokens = parts.session?.renewal !== undefined;
    const known = { session: parts.session, jwt: parts.bearers, apiKey: parts.apiKeys };
    this.credentials = new Set(CREDENTIAL_KINDS.filter(kind => known[kind] !== undefined));
  }

  recognise(x: Exchange, by: ReadonlySet<CredentialKind>): Recognised | undefined | Promise<Recognised | undefined> {
    const token = by.has('jwt') ? this.#bearerOf(x) : undefined;
    if (token !== undefined) return this.#byToken(token);
    const { apiKey } = x.details;
    if (apiKey !== undefined && by.has('apiKey')) return this.#byKey(apiKey);
    return by.has('session') ? this.#bySession(x) : undefined;
  }

  isDeliberate(x: Exchange, by: ReadonlySet<CredentialKind>): boolean {
    if (by.has('apiKey') && x.details.apiKey !== undefined && this.#parts.apiKeys !== undefined) return true;
    return by.has('jwt') && this.#bearerOf(x) !== undefined;
  }

  #bearerOf({ headers }: Exchange): string | undefined {
    if (this.#parts.bearers === undefined) return undefined;
    const [first, second] = headers.all('authorization');
    // Two programs may read another one of them (RFC 9110 §5.3: it is no list).
    if (second !== undefined) throw TWO_CREDENTIALS;
    return first === undefined ? undefined : BEARER.exec(first)?.[1];
  }

  #byToken(token: string): Recognised | Promise<Recognised> {
    const user = this.#parts.bearers?.verify(token);
    if (user instanceof Promise) return user.then(known => ({ user: known, credential: 'jwt', bearer: token }));
    if (user === undefined) throw new TypeError('a bearer token is verified where the gateway has `jwt`');
    return { user, credential: 'jwt', bearer: token };
  }

  #byKey(key: string): Recognised {
    const user = this.#parts.apiKeys?.user(key);
    if (user === undefined) throw NO_KEY;
    return { user, credential: 'apiKey' };
  }

  #bySession({ details: { ownCookies } }: Exchange): Recognised | undefined | Promise<Recognised | undefined> {
    const { session } = this.#parts;
    const cookie = session && ownCookies?.get(session.cookieName);
    if (session === undefined || cookie === undefined) return undefined;
    const found = session.sessions.find(cookie);
    if (!(found instanceof Promise)) return found && recognised(found, session);
    return found.then(known => known && recognised(known, session));
  }
}

function recognised({ record, setCookie }: FoundSession, session: SessionParts): Recognised {
  return { user: record.user, credential: 'session', session: new OpenSession(record, session), setCookie };
}

class OpenSession implements SessionHandle {
  readonly id: string;
  readonly #record: SessionRecord;
  readonly #parts: SessionParts;

  constructor(record: SessionRecord, parts: SessionParts) {
    this.id = record.id;
    this.#record = record;
    this.#parts = parts;
  }

  accessToken(): string | Promise<string | undefined> | undefined {
    return this.#parts.renewal?.token(this.#record);
  }

  async renewedToken(refused: string): Promise<string | undefined> {
    return await this.#parts.renewal?.renewed(this.#record, refused);
  }

  onEnd(listener: () => void, graceMs: number): () => void {
    const { ended, times, clock } = this.#parts;
    let timer: Timer | undefined;
    const wait = (ms: number, call: () => void): void => {
      timer?.cancel();
      timer = clock.after(ms, call);
      timer.unref?.();
    };
    const end = (): void => {
      if (graceMs > 0) wait(graceMs, listener);
      else listener();
    };
    const untilMax = (): void => {
      const leftMs = this.#record.startedAt + times.maxMs - clock.wall();
      if (leftMs <= 0) listener();
      else wait(Math.min(leftMs, MAX_WAIT_MS), untilMax);
    };
    untilMax();
    const forget = ended.watch(this.#record, end);
    return () => {
      timer?.cancel();
      forget();
    };
  }
}

export const NO_TOKENS: TokenSource = {
  exchanged: () => Promise.reject(new GatewayError('identity.refused', 'No identity provider is configured')),
  ofClient: () => Promise.reject(new GatewayError('identity.refused', 'No identity provider is configured')),
  forget: () => undefined,
};
