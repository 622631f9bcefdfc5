import type { LoadedAuth } from '../config/loaded-route.ts';
import { whenEnded } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { type ResultReceiver, receiveResult } from '../core/map-result.ts';
import type { Identity, SignIn } from '../core/ports/identity.ts';
import type { AuthResult } from '../core/ports/meter.ts';
import type { Recognised } from '../core/ports/recognised.ts';
import { emptyReply, type Reply } from '../core/reply.ts';
import { CREDENTIAL_KINDS, type CredentialKind } from '../core/user.ts';

/** The credentials with which a route may be called: those that each of its rules accepts. */
export function acceptedBy({ rules }: LoadedAuth): ReadonlySet<CredentialKind> {
  return new Set(CREDENTIAL_KINDS.filter(kind => rules.every(({ by }) => by === undefined || by.includes(kind))));
}

const ENDED = precomputed('session.ended', 'The session has ended');

/**
 * Recognises the user of a request, and refuses those who may not call the route. Responses are `private` unless their
 * backend calls them public, because a shared cache in front of the gateway knows nothing of users.
 */
export function auth(rules: LoadedAuth, identity: Identity, counted: (result: AuthResult) => void): AuthStage {
  const check = new AuthCheck(rules, identity, counted);
  return { stage: next => x => check.enter(next, x), decides: x => check.decides(x) };
}

/** The stage, and what it would decide about a request whose user is known. */
interface AuthStage {
  readonly stage: Stage;
  readonly decides: (x: Exchange) => string;
}

class AuthCheck {
  readonly #auth: LoadedAuth;
  readonly #identity: Identity;
  readonly #by: ReadonlySet<CredentialKind>;
  readonly #signIn: SignIn | undefined;
  readonly #challenges: readonly string[];
  readonly #counted: (result: AuthResult) => void;

  constructor(auth: LoadedAuth, identity: Identity, counted: (result: AuthResult) => void) {
    this.#auth = auth;
    this.#counted = counted;
    this.#identity = identity;
    const accepted = acceptedBy(auth);
    this.#by = new Set([...identity.credentials].filter(kind => accepted.has(kind)));
    this.#signIn = this.#by.has('session') ? identity.signIn : undefined;
    this.#challenges = [...this.#by].flatMap(kind => ['WWW-Authenticate', SCHEMES[kind]]);
  }

  enter(next: Handler, x: Exchange): Reply | Promise<Reply> {
    let found: Recognised | undefined | Promise<Recognised | undefined>;
    try {
      found = this.#identity.recognise(x, this.#by);
    } catch (thrown) {
      throw this.#refused(thrown);
    }
    if (!(found instanceof Promise)) return this.#admit(next, x, found);
    return found.then(
      known => this.#admit(next, x, known),
      (thrown: unknown) => {
        throw this.#refused(thrown);
      },
    );
  }

  /** What it does with a request of this user, in a few words. Nothing is verified or counted. */
  decides(x: Exchange): string {
    const { recognised: found } = x.details;
    if (found === undefined) return this.#auth.required ? this.#leadsTo(x) : 'passes without a user';
    const { subject } = found.user;
    const kind = SPOKEN[found.credential];
    if (!this.#by.has(found.credential)) {
      const accepted = [...this.#by].map(each => SPOKEN[each]).join(' or ') || 'nothing';
      const otherwise = this.#auth.required ? this.#leadsTo(x) : 'passes without a user';
      return `${otherwise}; ${subject} comes with ${kind}, and the route accepts ${accepted}`;
    }
    const lack = this.#lackOf(found);
    return lack === undefined ? `passes as ${subject} with ${kind}` : `403: ${subject} ${lackText(lack)}`;
  }

  #admit(next: Handler, x: Exchange, found: Recognised | undefined): Reply | Promise<Reply> {
    if (found === undefined) {
      this.#counted(this.#auth.required ? 'unauthorized' : 'anonymous');
      return this.#auth.required ? this.#unknown(x) : receiveResult(next, x, ANONYMOUS);
    }
    const lack = this.#lackOf(found);
    this.#counted(lack === undefined ? RESULTS[found.credential] : 'forbidden');
    if (lack !== undefined) throw failureOf(lack, found.credential);
    const known = x.withDetails({ recognised: found, subject: found.user.subject });
    return receiveResult(next, known, new ForUser(found, this.#signIn));
  }

  /** A credential that is not valid; a store or a provider that is away says nothing about the request. */
  #refused(thrown: unknown): unknown {
    if (thrown instanceof GatewayError && thrown.status === 401) this.#counted('unauthorized');
    return thrown;
  }

  /** A page load leads to the sign-in; a script gets 401, since it could not follow to another site. */
  #unknown(x: Exchange): Reply {
    const onward = this.#onwardOf(x);
    if (onward === undefined) throw this.#unauthorized(x);
    return 'again' in onward ? again(onward.again) : redirect(onward.login);
  }

  #onwardOf(x: Exchange): Onward | undefined {
    const signIn = this.#signIn;
    const isPage =
      x.method === 'GET' && x.details.upgrade === undefined && x.headers.get('sec-fetch-mode') === 'navigate';
    if (signIn === undefined || !isPage) return undefined;
    const isFromElsewhere = x.headers.get('sec-fetch-site') === 'cross-site';
    return signIn.isStrict && isFromElsewhere ? { again: addressOf(x) } : { login: signIn.urlFor(x) };
  }

  #leadsTo(x: Exchange): string {
    const onward = this.#onwardOf(x);
    if (onward === undefined)
      return this.#signIn === undefined ? '401: no user' : `401: no user; the sign-in is at ${this.#signIn.urlFor(x)}`;
    if ('login' in onward) return `302 to ${onward.login}`;
    return `200 that loads ${onward.again} again, since browsers withhold the cookie from a link of another site`;
  }

  #unauthorized(x: Exchange): GatewayError {
    return new GatewayError('request.unauthorized', 'This needs a user who is signed in', {
      headers: this.#challenges,
      ...(this.#signIn === undefined ? {} : { login: this.#signIn.urlFor(x) }),
    });
  }

  #lackOf({ user }: Recognised): Lack | undefined {
    for (const { scopes = [], roles } of this.#auth.rules) {
      const missing = scopes.filter(scope => !user.scopes.includes(scope));
      if (missing.length > 0) return { scopes, missing };
      if (roles !== undefined && !roles.some(role => user.roles.includes(role))) return { roles };
    }
    return undefined;
  }
}

/** Where a page without a session is led: to the sign-in, or to its own address once more. */
type Onward = { readonly login: string } | { readonly again: string };

/** What a user lacks for a route. */
type Lack =
  | { readonly scopes: readonly string[]; readonly missing: readonly string[] }
  | { readonly roles: readonly string[] };

function lackText(lack: Lack): string {
  if ('roles' in lack) return `has none of the roles ${lack.roles.join(', ')}`;
  return `lacks the ${lack.missing.length === 1 ? 'scope' : 'scopes'} ${lack.missing.join(', ')}`;
}

function failureOf(lack: Lack, credential: CredentialKind): GatewayError {
  return 'scopes' in lack ? insufficient(lack.scopes, credential) : FORBIDDEN;
}

const RESULTS: Readonly<Record<CredentialKind, AuthResult>> = { session: 'session', jwt: 'jwt', apiKey: 'api_key' };

const SPOKEN: Readonly<Record<CredentialKind, string>> = {
  session: 'a session',
  jwt: 'an access token',
  apiKey: 'an API key',
};

/** A cookie has no scheme of HTTP; a name of its own keeps browsers from opening a dialog. */
const SCHEMES: Readonly<Record<CredentialKind, string>> = { session: 'Session', jwt: 'Bearer', apiKey: 'ApiKey' };

const FORBIDDEN = precomputed('request.forbidden', 'This user may not do that');

// RFC 6750 §3.1.
function insufficient(scopes: readonly string[], credential: CredentialKind): GatewayError {
  if (credential !== 'jwt') return FORBIDDEN;
  const challenge = `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`;
  return new GatewayError('request.forbidden', 'This token may not do that', {
    headers: ['WWW-Authenticate', challenge],
  });
}

function redirect(location: string): Reply {
  return emptyReply(302, new HeaderList(['Location', location, 'Cache-Control', 'no-store']));
}

/**
 * Loads the same address once more, from a page of this origin: the link of another site was sent without the cookie
 * (`SameSite=Strict`), and whether there is one is not known yet.
 */
function again(address: string): Reply {
  return emptyReply(200, new HeaderList(['Refresh', `0;url=${address}`, 'Cache-Control', 'no-store']));
}

function addressOf({ client, path, search }: Exchange): string {
  return `${client?.mount ?? ''}${path}${search}`;
}

/** A route that recognises users responds differently to others, so no response of it is for everybody. */
const ANONYMOUS: ResultReceiver = {
  replied: reply => ({ ...reply, headers: privately(reply.headers) }),
  failed: failure => {
    throw failure;
  },
};

class ForUser implements ResultReceiver {
  readonly #found: Recognised;
  readonly #signIn: SignIn | undefined;

  constructor(found: Recognised, signIn: SignIn | undefined) {
    this.#found = found;
    this.#signIn = signIn;
  }

  replied(reply: Reply): Reply {
    const { session, setCookie } = this.#found;
    if (session !== undefined && isOpen(reply))
      whenEnded(
        reply.body,
        session.onEnd(() => endLongLived(reply), isEndless(reply) ? 0 : GRACE_MS),
      );
    if (reply.status === 101) return reply;
    if (setCookie === undefined) return { ...reply, headers: privately(reply.headers) };
    const headers = reply.headers.without(CACHE_CONTROL);
    return { ...reply, headers: headers.concat(['Cache-Control', 'private, no-store', 'Set-Cookie', setCookie]) };
  }

  failed(failure: GatewayError): never {
    const signIn = this.#signIn;
    if (failure.code !== 'session.ended' || signIn === undefined) throw failure;
    throw failure.saying(['WWW-Authenticate', SCHEMES.session, 'Set-Cookie', signIn.removal]);
  }
}

/** Whether a response goes on for an unknown time: a WebSocket, an event stream, or a body without a length. */
function isOpen(reply: Reply): boolean {
  const { body } = reply;
  return isEndless(reply) || (body.kind === 'stream' && body.ended === undefined && body.length === undefined);
}

function isEndless({ body, longLived }: Reply): boolean {
  return longLived === true || body.kind === 'tunnel';
}

/** A response that is nearly complete says by itself that its session has ended. */
const GRACE_MS = 500;

function endLongLived({ body }: Reply): void {
  if (body.kind === 'stream' || body.kind === 'tunnel') body.cancel(ENDED);
}

const CACHE_CONTROL: ReadonlySet<string> = new Set(['cache-control']);
/** `private="x"` is about a field only (RFC 9111 §5.2.2.7). */
const SAYS_FOR_WHOM = /(?:^|[\s,])(?:(?:public|private|no-store)(?=$|[\s,])|s-maxage\s*=)/i;

function privately(headers: HeaderList): HeaderList {
  const said = headers.joined('cache-control');
  if (said === undefined) return headers.concat(['Cache-Control', 'private']);
  return SAYS_FOR_WHOM.test(said) ? headers : headers.set('Cache-Control', `private, ${said}`);
}
