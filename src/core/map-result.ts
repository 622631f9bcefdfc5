import { asFailure, type GatewayError } from './failure.ts';
import type { Reply } from './reply.ts';

type MaybeLater<T> = T | Promise<T>;

/**
 * The only place that distinguishes sync and async results, and treats a throw like a rejection. A sync result stays
 * sync, so a cache hit creates no promise in any stage.
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
