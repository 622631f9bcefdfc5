import type { Handler } from '../../core/handler.ts';
import type { RetryPolicy } from './repeatable.ts';
import { Sending, type Shared } from './sending.ts';

/** Sends an exchange to a machine, and once more elsewhere where nothing can happen twice. */
export function retry(policy: RetryPolicy, shared: Shared): Handler {
  return x => {
    shared.budget.called();
    return new Sending(policy, shared).send(x, 'any');
  };
}
