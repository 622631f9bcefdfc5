import type { Exchange } from '../core/exchange.ts';
import type { CacheExplanation } from '../core/explanation.ts';
import type { Handler, Stage } from '../core/handler.ts';
import type { RequestingPart } from '../handlers/part-requests.ts';

export type StepName =
  | 'origin'
  | 'fields'
  | 'cors'
  | 'csrf'
  | 'allow'
  | 'rate'
  | 'auth'
  | 'token'
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

/** A policy as `portico routes` shows it: its name and its options. */
export interface Described {
  readonly name: StepName;
  readonly policy: string;
  /** Explains what the step would do with a request, from memory alone. */
  readonly explain?: (x: Exchange) => CacheExplanation;
  /** What it would decide about a request, in a few words: it counts, calls and waits for nothing. */
  readonly decides?: (x: Exchange) => string;
  /** Its current state as text. */
  readonly now?: () => string;
  /** Exists without an option, and is shown only in explanations with a state. */
  readonly implicit?: true;
  /** The request that it would pass on. */
  readonly toSubrequest?: (x: Exchange) => Exchange;
}

/** One policy of a chain with its stage. */
export interface Step extends Described {
  readonly stage: Stage;
}

/** A chain with its end. */
export interface Chain {
  readonly steps: readonly Described[];
  readonly handler: Handler;
  /** The parts of an aggregate. */
  readonly parts?: readonly PartChain[];
  /** The steps below it, if the service is chosen for each request. */
  readonly called?: Called;
}

/** The steps of the call for a request. */
type Called = (x: Exchange) => readonly Described[];

/** A part of an aggregate with the policies of its call. */
export interface PartChain extends RequestingPart {
  readonly steps: readonly Described[];
  /** @param called receives an exchange that knows its call. */
  readonly called: Called;
}

/** The first step is the outermost. */
export function compose(steps: readonly Step[], end: Handler): Chain {
  return { steps, handler: steps.reduceRight((next, step) => step.stage(next), end) };
}

/** The steps that a route has: those that are not undefined. */
export function present(...steps: readonly (Step | undefined)[]): Step[] {
  return steps.filter(step => step !== undefined);
}
