import type { Exchange } from './exchange.ts';
import { asFailure, type GatewayError } from './failure.ts';
import type { Handler } from './handler.ts';
import type { Reply } from './reply.ts';

type MaybeLater = Reply | Promise<Reply>;

/** Receives the result of a handler: one object of a call in place of a closure for each outcome. */
export interface ResultReceiver {
  /** The result is not there yet. Called before the other two. */
  waits?(): void;
  replied(reply: Reply): MaybeLater;
  failed(failure: GatewayError): MaybeLater;
}

/**
 * The only place that distinguishes sync and async results of a handler, and treats a throw like a rejection. A sync
 * result stays sync, so a cache hit creates no promise in any stage.
 */
export function receiveResult(handler: Handler, x: Exchange, receiver: ResultReceiver): MaybeLater {
  let result: MaybeLater;
  try {
    result = handler(x);
  } catch (thrown) {
    return receiver.failed(asFailure(thrown));
  }
  if (!(result instanceof Promise)) return receiver.replied(result);
  receiver.waits?.();
  return result.then(
    reply => receiver.replied(reply),
    (thrown: unknown) => receiver.failed(asFailure(thrown)),
  );
}

/** The same with a function for each outcome. */
export function mapResult(
  handler: Handler,
  x: Exchange,
  replied: (reply: Reply) => MaybeLater,
  failed: (failure: GatewayError) => MaybeLater = rethrow,
): MaybeLater {
  return receiveResult(handler, x, { replied, failed });
}

function rethrow(failure: GatewayError): never {
  throw failure;
}
