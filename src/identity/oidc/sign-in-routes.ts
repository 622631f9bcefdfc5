import type { Oidc } from '../../config/auth.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SessionMeter } from '../../core/ports/meter.ts';
import type { SessionCookie } from '../session/session-cookie.ts';
import type { FoundSession, Sessions } from '../session/sessions.ts';
import type { LoginTransactions } from './login-transactions.ts';
import type { Provider } from './provider.ts';
import type { UserRule } from './user-of.ts';

/** What the routes of the sign-in work with. */
export interface SignInParts {
  readonly oidc: Oidc;
  /** The origin by which browsers reach the gateway. */
  readonly origin: string;
  /** The path of the routes. */
  readonly path: string;
  readonly provider: Provider;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly transactions: LoginTransactions;
  readonly userRule: UserRule;
  readonly clock: Clock;
  readonly meter: SessionMeter;
  /** Tells an operator of a mistake that only a sign-in shows. */
  readonly note: (line: string) => void;
}

/** A path of the sign-in as browsers see it, also where the gateway is mounted in an app. */
export function publicPath(x: Exchange, path: string): string {
  return `${x.client?.mount ?? ''}${path}`;
}

/** The session whose cookie came with a request. @throws GatewayError `session.unavailable`. */
export async function sessionOf(
  { sessions, cookie }: Pick<SignInParts, 'sessions' | 'cookie'>,
  x: Exchange,
): Promise<FoundSession | undefined> {
  const value = x.details.ownCookies?.get(cookie.name);
  return value === undefined ? undefined : await sessions.find(value);
}
