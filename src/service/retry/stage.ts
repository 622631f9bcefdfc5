import type { Handler } from '../../core/handler.ts';
import type { RetryPolicy } from './repeatable.ts';
import { type RetryDependencies, RetryingCall } from './retrying-call.ts';

/** Sends an exchange to a target, and once more elsewhere where nothing can happen twice. */
export function retry(policy: RetryPolicy, shared: RetryDependencies): Handler {
  return x => {
    shared.budget.called();
    return new RetryingCall(policy, shared).send(x, 'any');
  };
}
