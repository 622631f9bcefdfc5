import type { Exchange } from './exchange.ts';
import { asFailure, type GatewayError } from './failure.ts';
import type { Handler } from './handler.ts';
import type { Reply } from './reply.ts';

type MaybeLater = Reply | Promise<Reply>;

/**
 * The only place that distinguishes sync and async results of a handler, and treats a throw like a rejection. A sync
 * result stays sync, so a cache hit creates no promise in any stage.
 */
export function mapResult(
  handler: Handler,
  x: Exchange,
  onReply: (reply: Reply) => MaybeLater,
  onFailure: (failure: GatewayError) => MaybeLater = rethrow,
): MaybeLater {
  let result: MaybeLater;
  try {
    result = handler(x);
  } catch (thrown) {
    return onFailure(asFailure(thrown));
  }
  if (result instanceof Promise) return result.then(onReply, (thrown: unknown) => onFailure(asFailure(thrown)));
  return onReply(result);
}

function rethrow(failure: GatewayError): never {
  throw failure;
}
