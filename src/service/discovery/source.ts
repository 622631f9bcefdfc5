import type { ListedTarget } from '../balance/target-state.ts';

/** The targets that were found, and when to look again. */
export interface ResolvedTargets {
  readonly targets: readonly ListedTarget[];
  readonly goodForMs: number;
}

/** Where targets are found. */
export interface TargetSource {
  /** May reject, and may hang: the caller sets a bound, and aborts the signal when it is over. */
  find(signal: AbortSignal): Promise<ResolvedTargets>;
}
