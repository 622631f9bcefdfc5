import type { Handler, Stage } from '../core/handler.ts';

export type StepName =
  | 'origin'
  | 'guard'
  | 'validate'
  | 'purge'
  | 'fallback'
  | 'cache'
  | 'deadline'
  | 'breaker'
  | 'limit'
  | 'retry';

/** One policy of a chain: its name, what was asked for in words, and the stage that does it. */
export interface Step {
  readonly name: StepName;
  /** As `portico routes` shows it. */
  readonly policy: string;
  readonly stage: Stage;
}

/** A chain and what it ends in. */
export interface Chain {
  readonly steps: readonly Step[];
  readonly handler: Handler;
}

/** The first step is the outermost. */
export function compose(steps: readonly Step[], end: Handler): Chain {
  return { steps, handler: steps.reduceRight((next, step) => step.stage(next), end) };
}

/** A list without the policies that nobody asked for. */
export function named(...steps: readonly (Step | undefined)[]): Step[] {
  return steps.filter(step => step !== undefined);
}
