import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { DEFAULTS } from '../config/defaults.ts';
import { durationMs } from '../config/duration.ts';
import type { GatewayOptions } from '../config/gateway.ts';
import { secretText } from '../config/secret.ts';
import type { SessionOptions } from '../config/session.ts';
import { keyBytes, keyTexts } from '../config/session-keys.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Identity, ProviderFetch } from '../core/ports/identity.ts';
import type { Meter } from '../core/ports/meter.ts';
import type { Recognised } from '../core/ports/recognised.ts';
import type { SessionNews } from '../core/ports/session-news.ts';
import type { SharedSessionStore } from '../core/ports/session-records.ts';
import { ApiKeys } from './api-keys.ts';
import { explainedUser } from './explained-user.ts';
import { GatewayIdentity, NO_TOKENS, type SessionParts } from './gateway-identity.ts';
import { BearerTokens } from './jwt/bearer-tokens.ts';
import { ProviderKeys } from './jwt/provider-keys.ts';
import { backChannelHandler } from './oidc/back-channel.ts';
import { callbackHandler } from './oidc/callback.ts';
import { loginHandler } from './oidc/login.ts';
import { LoginTransactions } from './oidc/login-transactions.ts';
import { logoutHandler } from './oidc/logout.ts';
import { meHandler } from './oidc/me.ts';
import { Provider } from './oidc/provider.ts';
import { ServiceTokens } from './oidc/service-tokens.ts';
import { publicPath, type SignInParts } from './oidc/sign-in-routes.ts';
import { TokenRenewal } from './oidc/token-renewal.ts';
import { rolesOf } from './roles.ts';
import { CookieSessions } from './session/cookie-sessions.ts';
import { DiskRecords } from './session/disk-records.ts';
import { EndedSessions } from './session/ended-sessions.ts';
import { KeyRing } from './session/key-ring.ts';
import { SessionControl } from './session/session-control.ts';
import { SessionCookie } from './session/session-cookie.ts';
import { SessionTimes } from './session/session-times.ts';
import type { Sessions } from './session/sessions.ts';
import { StoredSessions } from './session/stored-sessions.ts';

/** A route of the gateway itself. */
export interface OwnRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handler: Handler;
}

export interface OpenIdentity {
  readonly identity: Identity;
  /** The credentials that are for the gateway alone. */
  readonly own: {
    readonly cookiePrefix: string;
    readonly isCookie: (name: string) => boolean;
    readonly keyHeader: string | undefined;
  };
  readonly routes: readonly OwnRoute[];
  /** What an operator does with the sessions; undefined without sign-in. */
  readonly control: SessionControl | undefined;
  /** Who would send a request that is explained. */
  explained(subject: string, claims: Readonly<Record<string, unknown>>): Recognised | undefined;
  close(): void;
}

export interface IdentityOptions {
  readonly gateway: GatewayOptions;
  /** The project's folder. */
  readonly dir: string;
  readonly clock: Clock;
  readonly fetch: ProviderFetch;
  /** Tells an operator whether the provider responds. */
  readonly note: (line: string) => void;
  /** The store of all hosts; undefined without a Redis. */
  readonly shared: SharedSessionStore | undefined;
  /** Of the other processes of this host. */
  readonly news: SessionNews | undefined;
  /** Whether providers and files are opened; false is for listing routes. */
  readonly isServing: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly meter: Pick<Meter, 'sessions'>;
}

const NO_ORIGIN = 'http://localhost';

/**
 * Opens everything by which users are recognised. An identity provider that does not respond is no reason not to start.
 * @throws TypeError for a secret that is missing or wrong, Error for a file of sessions that cannot be used.
 */
export function openIdentity(options: IdentityOptions): OpenIdentity {
  const { gateway, clock, fetch, env, isServing } = options;
  const { auth = {}, origin = NO_ORIGIN, session: written = {} } = gateway;
  const cookie = new SessionCookie(origin, written.sameSite ?? DEFAULTS.session.sameSite);
  const rolesRule = (claims: Readonly<Record<string, unknown>>) => rolesOf(claims, auth.roles ?? DEFAULTS.auth.roles);
  const signIn = auth.oidc && openSignIn(options, cookie, rolesRule);
  const bearers =
    auth.jwt &&
    new BearerTokens({
      jwt: auth.jwt,
      roles: auth.roles,
      keys: new ProviderKeys({ issuer: auth.jwt.issuer, url: auth.jwt.keys, fetch, clock }),
      clock,
    });
  const apiKeys = auth.apiKey && isServing ? new ApiKeys(auth.apiKey, env) : undefined;
  const path = auth.path ?? DEFAULTS.auth.path;
  const identity = new GatewayIdentity({
    bearers,
    apiKeys,
    session: signIn?.session,
    signIn: signIn && {
      urlFor: x => `${publicPath(x, path)}/login?to=${encodeURIComponent(addressOf(x))}`,
      isStrict: written.sameSite !== 'lax',
      removal: cookie.removal,
    },
    tokens: signIn?.tokens ?? NO_TOKENS,
  });
  return {
    identity,
    own: {
      cookiePrefix: cookie.prefix,
      isCookie: name => cookie.isOwn(name),
      keyHeader: auth.apiKey && (auth.apiKey.header ?? DEFAULTS.auth.apiKeyHeader).toLowerCase(),
    },
    routes: signIn?.routes ?? [],
    control: signIn?.control,
    explained: (subject, claims) => explainedUser(auth, identity.credentials, subject, claims),
    close: () => signIn?.session.sessions.close(),
  };
}

function addressOf({ client, path, search }: Exchange): string {
  return `${client?.mount ?? ''}${path}${search}`;
}

interface OpenSignIn {
  readonly session: SessionParts;
  readonly control: SessionControl;
  readonly routes: readonly OwnRoute[];
  readonly tokens: ServiceTokens;
}

function openSignIn(
  options: IdentityOptions,
  cookie: SessionCookie,
  rolesRule: SignInParts['userRule']['rolesOf'],
): OpenSignIn {
  const { gateway, clock, fetch, note, env, isServing } = options;
  const { auth, origin = NO_ORIGIN, session: written = {} } = gateway;
  const oidc = auth?.oidc;
  if (oidc === undefined) throw new TypeError('sign-in needs `auth.oidc`');
  const times = new SessionTimes(
    durationMs(written.idle ?? DEFAULTS.session.idle),
    durationMs(written.max ?? DEFAULTS.session.max),
  );
  const secret = secretText(oidc.secret, env) ?? '';
  const provider = new Provider({ oidc, secret, fetch, clock, note });
  if (isServing) provider.warmUp();
  const keys = new KeyRing(keysOf(written, env) ?? [madeUpKey(options.dir, secret)]);
  const news = [options.news, options.shared?.newsOf(times.maxMs)].filter(each => each !== undefined);
  const ended = new EndedSessions(clock, times.maxMs, news);
  const sessions = openSessions(options, written, { keys, cookie, times, ended, clock });
  const meter = options.meter.sessions();
  const userRule = { claims: oidc.claims, rolesOf: rolesRule };
  const path = auth?.path ?? DEFAULTS.auth.path;
  const transactions = new LoginTransactions(keys, cookie, clock);
  const shared = { oidc, origin, path, provider, sessions, cookie, transactions };
  const parts: SignInParts = { ...shared, userRule, clock, meter, note };
  const { stored } = sessions;
  return {
    session: {
      sessions,
      cookieName: cookie.name,
      ended,
      times,
      clock,
      renewal: stored && new TokenRenewal({ provider, sessions, stored, userRule, clock, meter }),
    },
    control: new SessionControl({
      sessions,
      store: stored === undefined ? 'cookie' : (written.store ?? DEFAULTS.session.store),
      issuer: provider.issuer,
      meter,
      clock,
    }),
    tokens: new ServiceTokens(provider, clock),
    routes: [
      { method: 'GET', path: `${path}/login`, handler: loginHandler(parts) },
      { method: 'GET', path: `${path}/callback`, handler: callbackHandler(parts) },
      { method: 'POST', path: `${path}/logout`, handler: logoutHandler(parts) },
      { method: 'GET', path: `${path}/me`, handler: meHandler(parts, times.maxMs) },
      {
        method: 'POST',
        path: `${path}/backchannel`,
        handler: backChannelHandler(parts, new ProviderKeys({ issuer: oidc.issuer, fetch, clock })),
      },
    ],
  };
}

type SessionDependencies = ConstructorParameters<typeof CookieSessions>[0];

function openSessions(
  { dir, shared, isServing }: IdentityOptions,
  { store = DEFAULTS.session.store, path = DEFAULTS.session.path }: SessionOptions,
  dependencies: SessionDependencies,
): Sessions {
  if (store === 'cookie' || !isServing) return new CookieSessions(dependencies);
  if (store === 'disk')
    return new StoredSessions({ ...dependencies, records: new DiskRecords(resolve(dir, path), dependencies.clock) });
  if (shared === undefined) throw new TypeError("session.store 'redis' needs cache.redis or REDIS_URL");
  return new StoredSessions({ ...dependencies, records: shared.records });
}

/** Undefined if there are none. */
function keysOf(session: SessionOptions, env: IdentityOptions['env']): readonly Buffer[] | undefined {
  return keyTexts(session, env)?.map((text, i) => {
    const bytes = keyBytes(text);
    if (bytes === undefined)
      throw new TypeError(`session.keys: key ${i + 1} is shorter than 32 bytes, or neither hexadecimal nor base64`);
    return bytes;
  });
}

/**
 * For `dev`: the same after each restart, so that a saved file signs nobody out. `start` refuses to run without keys.
 */
function madeUpKey(dir: string, secret: string): Buffer {
  return createHash('sha256').update(`portico dev ${dir} ${secret}`).digest();
}
