import { abortable } from '../../core/abortable.ts';
import type { Handler } from '../../core/handler.ts';

/** Calls before the end of the first discovery wait for it, within their deadline. */
export function whenFound(first: Promise<unknown>, next: Handler): Handler {
  let looking = true;
  void first.then(() => {
    looking = false;
  });
  const waiting = abortable(async x => {
    await first;
    return next(x);
  });
  return x => (looking ? waiting(x) : next(x));
}
