import type { LoadedPart } from '../config/loaded-route.ts';
import type { Exchange } from '../core/exchange.ts';
import type { CacheExplanation } from '../core/explanation.ts';
import type { Handler, Stage } from '../core/handler.ts';

export type StepName =
  | 'origin'
  | 'dependencies'
  | 'guard'
  | 'compress'
  | 'limits'
  | 'validate'
  | 'purge'
  | 'fallback'
  | 'cache'
  | 'deadline'
  | 'breaker'
  | 'headers'
  | 'mirror'
  | 'limit'
  | 'balance'
  | 'retry'
  | 'hedge';

/** A policy as `portico routes` shows it: its name, and what was asked for in words. */
export interface Described {
  readonly name: StepName;
  readonly policy: string;
  /** What it would do with a request, as far as what it knows says; nothing is asked. */
  readonly explain?: (x: Exchange) => CacheExplanation;
  /** How it stands at this moment, in words. */
  readonly now?: () => string;
  /** Nobody asked for it: it is always there, and shown only to who wants to know how it stands. */
  readonly implicit?: true;
  /** What it would ask below it in place of a request. */
  readonly toSubrequest?: (x: Exchange) => Exchange;
}

/** One policy of a chain, and the stage that does it. */
export interface Step extends Described {
  readonly stage: Stage;
}

/** A chain and what it ends in. */
export interface Chain {
  readonly steps: readonly Described[];
  readonly handler: Handler;
  /** What it gathers its response from. */
  readonly parts?: readonly PartChain[];
  /** The steps below it, where the service is chosen for each request. */
  readonly called?: Called;
}

/** The steps of the call that a request would make. */
type Called = (x: Exchange) => readonly Described[];

/** A part of an aggregation, with the policies of its call. */
export interface PartChain {
  readonly name: string;
  readonly definition: LoadedPart;
  readonly steps: readonly Described[];
  /** @param called is given an exchange that knows its call. */
  readonly called: Called;
}

/** The first step is the outermost. */
export function compose(steps: readonly Step[], end: Handler): Chain {
  return { steps, handler: steps.reduceRight((next, step) => step.stage(next), end) };
}

/** A list without the policies that nobody asked for. */
export function named(...steps: readonly (Step | undefined)[]): Step[] {
  return steps.filter(step => step !== undefined);
}
