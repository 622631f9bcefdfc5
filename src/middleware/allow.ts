import { AddressRanges } from '../core/address-ranges.ts';
import type { Exchange } from '../core/exchange.ts';
import { precomputed } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

const REFUSED = precomputed('request.forbidden', 'Requests from this address are not allowed here');

/**
 * Serves clients of certain addresses only. A client without an address, such as one behind a Unix socket that is no
 * trusted proxy, has none of them.
 * @param lists the address has to be in each: that of the outer folders first.
 */
export function allow(lists: readonly (readonly string[])[]): AllowStage {
  const ranges = lists.map(list => new AddressRanges(list));
  const addressOf = (x: Exchange): string => x.client?.address ?? '';
  const allows = (address: string): boolean => ranges.every(range => range.has(address));
  return {
    stage: next => x => {
      if (allows(addressOf(x))) return next(x);
      throw REFUSED;
    },
    decides: x => (allows(addressOf(x)) ? `passes: ${addressOf(x)}` : `403: ${addressOf(x) || 'no address'}`),
  };
}

/** The stage, and what it would decide about a request. */
interface AllowStage {
  readonly stage: Stage;
  readonly decides: (x: Exchange) => string;
}
