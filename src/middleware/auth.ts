import type { LoadedAuth } from '../config/loaded-route.ts';
import { whenEnded } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError, precomputed } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { type ResultReceiver, receiveResult } from '../core/map-result.ts';
import type { Identity, SignIn } from '../core/ports/identity.ts';
import type { Recognised } from '../core/ports/recognised.ts';
import { emptyReply, type Reply } from '../core/reply.ts';
import type { CredentialKind } from '../core/user.ts';

const ALL: readonly CredentialKind[] = ['session', 'jwt', 'apiKey'];

/** The credentials with which a route may be called: those that each of its rules accepts. */
export function acceptedBy({ rules }: LoadedAuth): ReadonlySet<CredentialKind> {
  return new Set(ALL.filter(kind => rules.every(({ by }) => by === undefined || by.includes(kind))));
}

const ENDED = precomputed('session.ended', 'The session has ended');

/**
 * Recognises the user of a request, and refuses those who may not call the route. Responses are `private` unless their
 * backend calls them public, because a shared cache in front of the gateway knows nothing of users.
 */
export function auth(rules: LoadedAuth, identity: Identity): Stage {
  const check = new AuthCheck(rules, identity);
  return next => x => check.enter(next, x);
}

class AuthCheck {
  readonly #auth: LoadedAuth;
  readonly #identity: Identity;
  readonly #by: ReadonlySet<CredentialKind>;
  readonly #signIn: SignIn | undefined;
  readonly #challenges: readonly string[];

  constructor(auth: LoadedAuth, identity: Identity) {
    this.#auth = auth;
    this.#identity = identity;
    const accepted = acceptedBy(auth);
    this.#by = new Set([...identity.credentials].filter(kind => accepted.has(kind)));
    this.#signIn = this.#by.has('session') ? identity.signIn : undefined;
    this.#challenges = [...this.#by].flatMap(kind => ['WWW-Authenticate', SCHEMES[kind]]);
  }

  enter(next: Handler, x: Exchange): Reply | Promise<Reply> {
    const found = this.#identity.recognise(x, this.#by);
    if (found instanceof Promise) return found.then(known => this.#admit(next, x, known));
    return this.#admit(next, x, found);
  }

  #admit(next: Handler, x: Exchange, found: Recognised | undefined): Reply | Promise<Reply> {
    if (found === undefined) return this.#auth.required ? this.#unknown(x) : receiveResult(next, x, ANONYMOUS);
    this.#check(found);
    const known = x.withDetails({ recognised: found, subject: found.user.subject });
    return receiveResult(next, known, new ForUser(found, this.#signIn));
  }

  /** A page load leads to the sign-in; a script gets 401, since it could not follow to another site. */
  #unknown(x: Exchange): Reply {
    const signIn = this.#signIn;
    const isPage =
      x.method === 'GET' && x.details.upgrade === undefined && x.headers.get('sec-fetch-mode') === 'navigate';
    if (signIn === undefined || !isPage) throw this.#unauthorized(x);
    const isFromElsewhere = x.headers.get('sec-fetch-site') === 'cross-site';
    return signIn.isStrict && isFromElsewhere ? again(x) : redirect(signIn.urlFor(x));
  }

  #unauthorized(x: Exchange): GatewayError {
    return new GatewayError('request.unauthorized', 'This needs a user who is signed in', {
      headers: this.#challenges,
      ...(this.#signIn === undefined ? {} : { login: this.#signIn.urlFor(x) }),
    });
  }

  #check({ user, credential }: Recognised): void {
    for (const { scopes = [], roles } of this.#auth.rules) {
      const missing = scopes.filter(scope => !user.scopes.includes(scope));
      if (missing.length > 0) throw insufficient(scopes, credential);
      if (roles !== undefined && !roles.some(role => user.roles.includes(role))) throw FORBIDDEN;
    }
  }
}

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
function again({ client, path, search }: Exchange): Reply {
  const address = `${client?.mount ?? ''}${path}${search}`;
  return emptyReply(200, new HeaderList(['Refresh', `0;url=${address}`, 'Cache-Control', 'no-store']));
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
    if (session !== undefined && (reply.longLived === true || reply.body.kind === 'tunnel'))
      whenEnded(
        reply.body,
        session.onEnd(() => endLongLived(reply)),
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

function endLongLived({ body }: Reply): void {
  if (body.kind === 'stream' || body.kind === 'tunnel') body.cancel(ENDED);
}

const CACHE_CONTROL: ReadonlySet<string> = new Set(['cache-control']);
const SAYS_FOR_WHOM = /(?:^|[\s,])(?:public|private|no-store|s-maxage)(?=$|[\s,=])/i;

function privately(headers: HeaderList): HeaderList {
  const said = headers.joined('cache-control');
  if (said === undefined) return headers.concat(['Cache-Control', 'private']);
  return SAYS_FOR_WHOM.test(said) ? headers : headers.set('Cache-Control', `private, ${said}`);
}
