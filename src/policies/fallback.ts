import type { AnyContext } from '../config/loaded-route.ts';
import type { Fallback } from '../config/policies.ts';
import { contextOf } from '../config/request-context.ts';
import { discard } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { mapResult } from '../core/map-result.ts';
import { jsonReply, type Reply, standingIn, withHeader } from '../core/reply.ts';

type LastWord = Exclude<Fallback<AnyContext, unknown>, false>;

/**
 * Responds with 200 in place of an error of the gateway or the backend and in place of a 5xx, but not of a 4xx.
 * @param fromResponse converts a Response of the team's function, which sets its own lifetime.
 */
export function fallback(lastWord: LastWord, fromResponse: (response: Response) => Reply = asJson): Stage {
  const response = answering(lastWord, value => (value instanceof Response ? fromResponse(value) : asJson(value)));
  return next => x =>
    mapResult(
      next,
      x,
      reply => {
        if (reply.status < 500) return reply;
        discard(reply.body, REPLACED);
        const status = reply.headers.get('cache-status');
        const headers = status === undefined ? [] : ['Cache-Status', status];
        return response(x, new GatewayError('upstream.status', `The backend responded ${reply.status}`, { headers }));
      },
      failure => {
        if (failure.blame === 'client') throw failure;
        return response(x, failure);
      },
    );
}

function asJson(value: unknown): Reply {
  return jsonReply(200, value);
}

const REPLACED = new GatewayError('upstream.status', 'A fallback took its place');

function answering(
  lastWord: LastWord,
  replyOf: (value: unknown) => Reply,
): (x: Exchange, failure: GatewayError) => Reply | Promise<Reply> {
  if (typeof lastWord !== 'function') {
    const reply = replyOf(lastWord);
    return (x, failure) => noted(x, failure, reply);
  }
  return (x, failure) => {
    const value: unknown = lastWord(contextOf(x), failure);
    if (value instanceof Promise) return value.then(known => noted(x, failure, replyOf(known)));
    return noted(x, failure, replyOf(value));
  };
}

function noted(x: Exchange, failure: GatewayError, made: Reply): Reply {
  x.journal?.fellBack(failure.code);
  const reply = standingIn(made, [{ part: undefined, reason: failure.code }]);
  // The Cache-Status of the failed response (RFC 9211) applies to its fallback too.
  const status = new HeaderList(failure.details.headers ?? []).get('cache-status');
  return status === undefined ? reply : withHeader(reply, 'Cache-Status', status);
}
