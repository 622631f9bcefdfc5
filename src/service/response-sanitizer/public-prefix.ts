import type { Exchange } from '../../core/exchange.ts';
import type { Target } from '../../core/ports/transport.ts';

/**
 * What browsers put before the path of the backend: `/api` where `/api/items/8` is `/items/8` there. Backends that make
 * links read it in `X-Forwarded-Prefix`. Undefined where the public path is not longer, or no rule can be seen.
 */
export function publicPrefix({ client, call }: Exchange, { base }: Target): string | undefined {
  const mapping = call?.publicPath;
  if (mapping === undefined) return undefined;
  const inner = base + mapping.from;
  const outer = (client?.mount ?? '') + mapping.to;
  if (outer.length <= inner.length || !outer.endsWith(inner)) return undefined;
  return outer.slice(0, outer.length - inner.length);
}
