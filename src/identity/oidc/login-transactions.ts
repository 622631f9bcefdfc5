import type { Clock } from '../../core/ports/clock.ts';
import type { KeyRing } from '../session/key-ring.ts';
import type { SessionCookie } from '../session/session-cookie.ts';

/** How long a user may take at the provider's page. */
const LIFE_MS = 600_000;
/** Sign-ins of one browser at once; the oldest is given up for a new one. */
const MAX = 5;

/** A sign-in under way. */
export interface LoginTransaction {
  readonly state: string;
  readonly nonce: string;
  /** The PKCE verifier (RFC 7636). */
  readonly verifier: string;
  /** Where the browser goes afterwards. */
  readonly to: string;
  /** The id of the session that the browser had at the beginning. */
  readonly replaces?: string | undefined;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
}

type OwnCookies = ReadonlyMap<string, string> | undefined;

/**
 * Sign-ins under way, each in a sealed cookie of its own, so that two tabs do not disturb each other, and nothing is
 * kept here for browsers that never return.
 */
export class LoginTransactions {
  readonly #keys: KeyRing;
  readonly #cookie: SessionCookie;
  readonly #clock: Clock;

  constructor(keys: KeyRing, cookie: SessionCookie, clock: Clock) {
    this.#keys = keys;
    this.#cookie = cookie;
    this.#clock = clock;
  }

  /** The values of `Set-Cookie` that keep it, and that remove those which are too many. */
  begin(transaction: Omit<LoginTransaction, 'startedAt'>, cookies: OwnCookies): readonly string[] {
    const name = this.#nameOf(transaction.state);
    const text = JSON.stringify({ ...transaction, startedAt: this.#clock.wall() });
    const id = name.slice(this.#cookie.loginName('').length);
    return [
      this.#cookie.setLogin(id, this.#keys.seal(name, text), LIFE_MS / 1_000),
      ...this.#surplus(cookies).map(surplus => this.#cookie.removeLogin(surplus)),
    ];
  }

  /** Undefined if this browser has begun no such sign-in, or too long ago. */
  find(state: string, cookies: OwnCookies): LoginTransaction | undefined {
    const name = this.#nameOf(state);
    const transaction = this.#open(name, cookies?.get(name));
    return transaction?.state === state ? transaction : undefined;
  }

  removal(state: string): string {
    return this.#cookie.removeLogin(this.#nameOf(state));
  }

  #nameOf(state: string): string {
    return this.#cookie.loginName(state.replaceAll(/[^\w-]/g, '').slice(0, 12));
  }

  #open(name: string, sealed: string | undefined): LoginTransaction | undefined {
    const opened = sealed === undefined ? undefined : this.#keys.open(name, sealed);
    if (opened === undefined) return undefined;
    const transaction: LoginTransaction = JSON.parse(opened.text);
    return this.#clock.wall() - transaction.startedAt < LIFE_MS ? transaction : undefined;
  }

  /** The cookies to remove before one more: those that are over, and the oldest. */
  #surplus(cookies: OwnCookies): readonly string[] {
    const logins = [...(cookies ?? [])].filter(([name]) => name.startsWith(this.#cookie.loginName('')));
    const known = logins.map(([name, sealed]) => ({ name, startedAt: this.#open(name, sealed)?.startedAt ?? 0 }));
    const newestFirst = known.sort((a, b) => b.startedAt - a.startedAt);
    return newestFirst.filter(({ startedAt }, i) => startedAt === 0 || i >= MAX - 1).map(({ name }) => name);
  }
}
