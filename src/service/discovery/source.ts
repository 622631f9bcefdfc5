import type { ListedTarget } from '../balance/target-state.ts';

/** The discovered targets, and the time until the next lookup. */
export interface ResolvedTargets {
  readonly targets: readonly ListedTarget[];
  readonly goodForMs: number;
}

/** A source of targets. */
export interface TargetSource {
  /** May reject and may hang: the caller sets a time limit and aborts the signal after it. */
  find(signal: AbortSignal): Promise<ResolvedTargets>;
}
