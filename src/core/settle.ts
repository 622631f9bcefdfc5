import { asFailure, type GatewayError } from './failure.ts';
import type { Reply } from './reply.ts';

type Later<T> = T | Promise<T>;

/**
 * The only place that looks whether a handler answered at once or later, and treats a throw and a rejection alike.
 * Without a promise going in, none comes out: a cache hit stays synchronous through every stage.
 */
export function settle<T = Reply>(
  run: () => Later<T>,
  onReply: (value: T) => Later<T>,
  onFailure: (failure: GatewayError) => Later<T>,
): Later<T> {
  let result: Later<T>;
  try {
    result = run();
  } catch (thrown) {
    return onFailure(asFailure(thrown));
  }
  if (result instanceof Promise) return result.then(onReply, (thrown: unknown) => onFailure(asFailure(thrown)));
  return onReply(result);
}
