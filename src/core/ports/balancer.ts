import type { Exchange } from '../exchange.ts';
import type { Outcome } from '../outcome.ts';
import type { Target } from './transport.ts';

/** Which machine takes the next attempt. */
export interface Balancer {
  /** A target that was not tried before, if there is any. */
  pick(x: Exchange, tried: readonly Target[]): Target;
  /** Gateway-class failures set a machine aside; `ignored` moves nothing. `headMs` is the time to the response head. */
  report(target: Target, outcome: Outcome, headMs: number): void;
  targets(): readonly { readonly target: Target; readonly ejected: boolean }[];
}
