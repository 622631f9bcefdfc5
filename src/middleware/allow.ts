import { AddressRanges } from '../core/address-ranges.ts';
import { precomputed } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';

const REFUSED = precomputed('request.forbidden', 'Requests from this address are not allowed here');

/**
 * Serves clients of certain addresses only. A client without an address, such as one behind a Unix socket that is no
 * trusted proxy, has none of them.
 * @param lists the address has to be in each: that of the outer folders first.
 */
export function allow(lists: readonly (readonly string[])[]): Stage {
  const ranges = lists.map(list => new AddressRanges(list));
  return next => x => {
    const address = x.client?.address ?? '';
    if (ranges.every(range => range.has(address))) return next(x);
    throw REFUSED;
  };
}
