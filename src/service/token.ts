import type { ServiceToken } from '../config/service-token.ts';
import { discard } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { precomputed } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
import type { TokenSource } from '../core/ports/identity.ts';
import type { Recognised } from '../core/ports/recognised.ts';
import type { Reply } from '../core/reply.ts';

/** Finds the token of a call, and another one in place of one that the service refused. */
interface Tokens {
  of(x: Exchange): string | undefined | Promise<string | undefined>;
  after(x: Exchange, refused: string): Promise<string | undefined>;
}

/**
 * Sends an access token to a service (RFC 6750 §2.1), in place of what the client sent. A token that the service no
 * longer accepts is replaced once, and the request is sent again if that is possible.
 */
export function token(wanted: ServiceToken, source: TokenSource): Stage {
  const tokens = tokensOf(wanted, source);
  return next => x => {
    const found = tokens.of(x);
    if (found instanceof Promise) return found.then(known => send(next, x, known, tokens));
    return send(next, x, found, tokens);
  };
}

function tokensOf(wanted: ServiceToken, source: TokenSource): Tokens {
  if (wanted === 'user') {
    return {
      of: ({ details: { recognised } }) => tokenOf(recognised),
      after: async ({ details: { recognised } }, refused) => await recognised?.session?.renewedToken(refused),
    };
  }
  const found =
    'exchange' in wanted
      ? async ({ details: { recognised } }: Exchange) => recognised && source.exchanged(wanted.exchange, recognised)
      : async () => source.ofClient(wanted.client);
  return {
    of: found,
    after: (x, refused) => {
      source.forget(refused);
      return found(x);
    },
  };
}

/**
 * Which token a service would receive for a request, in a few words.
 * @param keepsTokens whether sessions have tokens.
 */
export function tokenDecision(
  wanted: ServiceToken,
  { details: { recognised } }: Exchange,
  keepsTokens: boolean,
): string {
  if (typeof wanted !== 'string' && 'client' in wanted) return `the gateway's own, for ${wanted.client.join(' ')}`;
  if (recognised === undefined) return 'none: there is no user';
  const { credential, user } = recognised;
  if (credential === 'apiKey') return `none: ${user.subject} comes with an API key`;
  if (credential === 'session' && !keepsTokens) return 'none: sessions in cookies have no tokens';
  const own = credential === 'session' ? `that of the session of ${user.subject}` : `the one that ${user.subject} sent`;
  return wanted === 'user' ? own : `one for ${wanted.exchange}, exchanged for ${own}`;
}

function tokenOf(recognised: Recognised | undefined): string | undefined | Promise<string | undefined> {
  return recognised?.session === undefined ? recognised?.bearer : recognised.session.accessToken();
}

function send(next: Handler, x: Exchange, known: string | undefined, tokens: Tokens): Reply | Promise<Reply> {
  const reply = next(withToken(x, known));
  if (known === undefined) return reply;
  if (reply instanceof Promise) return reply.then(said => checked(next, x, known, tokens, said));
  return checked(next, x, known, tokens, reply);
}

const REPLACED = precomputed('part.not_needed', 'The request is sent again with another token');

function checked(next: Handler, x: Exchange, refused: string, tokens: Tokens, reply: Reply): Reply | Promise<Reply> {
  if (!isRefusal(reply) || x.body.kind === 'stream' || x.details.upgrade !== undefined) return reply;
  return tokens.after(x, refused).then(renewed => {
    if (renewed === undefined || renewed === refused) return reply;
    discard(reply.body, REPLACED);
    return next(withToken(x, renewed));
  });
}

/** RFC 6750 §3.1: the token has expired or was withdrawn; a missing scope would be missing again. */
function isRefusal({ status, headers }: Reply): boolean {
  return status === 401 && headers.all('www-authenticate').some(value => value.includes('invalid_token'));
}

const AUTHORIZATION: ReadonlySet<string> = new Set(['authorization']);

function withToken(x: Exchange, known: string | undefined): Exchange {
  const others = x.headers.without(AUTHORIZATION);
  return x.with({ headers: known === undefined ? others : others.add('Authorization', `Bearer ${known}`) });
}
