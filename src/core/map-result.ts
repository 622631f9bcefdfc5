import { asFailure, type GatewayError } from './failure.ts';
import type { Reply } from './reply.ts';

type MaybeLater<T> = T | Promise<T>;

/**
 * The only place that looks whether a handler answered at once or later, and treats a throw and a rejection alike.
 * Without a promise going in, none comes out: a cache hit stays synchronous through every stage.
 */
export function mapResult<T = Reply>(
  run: () => MaybeLater<T>,
  onReply: (value: T) => MaybeLater<T>,
  onFailure: (failure: GatewayError) => MaybeLater<T>,
): MaybeLater<T> {
  let result: MaybeLater<T>;
  try {
    result = run();
  } catch (thrown) {
    return onFailure(asFailure(thrown));
  }
  if (result instanceof Promise) return result.then(onReply, (thrown: unknown) => onFailure(asFailure(thrown)));
  return onReply(result);
}
