import type { Exchange } from '../../core/exchange.ts';
import { PRIORITIES, type Priority } from '../../core/ports/limiter.ts';

const RANKS: Readonly<Record<Priority, number>> = { critical: 0, default: 1, prefetch: 2, bulk: 3 };

export function rankOf(priority: Priority): number {
  return RANKS[priority];
}

/**
 * The priority of a request from its route and its own headers, which can only lower it: a prefetching browser
 * (`Sec-Purpose: prefetch`, Fetch §2.2.7 and prerendering), a client with background work (`Priority: u=7`, RFC 9218
 * §4.1).
 */
export function classOf({ headers }: Exchange, priority: Priority): Priority {
  const purpose = headers.get('sec-purpose') ?? headers.get('purpose');
  const ahead = purpose?.toLowerCase().startsWith('prefetch') === true ? RANKS.prefetch : 0;
  const background = BACKGROUND.test(headers.get('priority') ?? '') ? RANKS.bulk : 0;
  return PRIORITIES[Math.max(RANKS[priority], ahead, background)] ?? priority;
}

const BACKGROUND = /(?:^|,)\s*u\s*=\s*7\s*(?:$|[,;])/;
