import type { Exchange } from '../../core/exchange.ts';
import type { Target } from '../../core/ports/transport.ts';

/**
 * The public prefix of the backend's paths: `/api` if `/api/items/8` is `/items/8` there. Backends that build links
 * read it in `X-Forwarded-Prefix`. Undefined if the public path is not longer, or no rule is known.
 */
export function publicPrefix({ client, call }: Exchange, { base }: Target): string | undefined {
  const mapping = call?.publicPath;
  if (mapping === undefined) return undefined;
  const inner = base + mapping.from;
  const outer = (client?.mount ?? '') + mapping.to;
  if (outer.length <= inner.length || !outer.endsWith(inner)) return undefined;
  return outer.slice(0, outer.length - inner.length);
}
