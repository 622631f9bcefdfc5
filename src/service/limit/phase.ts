import type { LimitMode, Sample } from '../../core/ports/limiter.ts';
import type { Wait } from './limit.ts';

/** The adaptive limit stays between these. */
export const MIN_LIMIT = 2;
export const MAX_LIMIT = 1_000;

/**
 * With more than this share of drops (timeouts, failed connections, 429, 503) a service is overloaded, whatever the
 * times are.
 */
export const MAX_DROPS = 0.05;

/** The factor by which even the fastest response may exceed the usual time. */
export const SUSPICIOUS = 1.5;

/** The result of a phase, which selects the next one. */
export type PhaseVerdict =
  | { readonly to: 'open'; readonly limit: number; readonly restMs?: number }
  | { readonly to: 'trial'; readonly suspicion: Suspicion }
  | { readonly to: 'held'; readonly limit: number; readonly drops?: Drops };

/** Calls may be waiting for one another inside the service. */
export interface Suspicion {
  /** The estimated time of its calls. */
  readonly ms: number;
  /** The number of calls in flight. */
  readonly peak: number;
  /** The number of calls in flight at the usual time. */
  readonly calls: number;
}

/** The drops of a window. */
export interface Drops {
  readonly share: number;
  /** The lowest limit that they may cause. */
  readonly min: number;
}

/** Adjusts the limit in one mode. A method returns a verdict when the mode ends. */
export interface LimitPhase {
  readonly mode: LimitMode;
  readonly now: number;
  waited(wait: Wait): PhaseVerdict | undefined;
  settled(sample: Sample): PhaseVerdict | undefined;
}

export function within(limit: number): number {
  return Math.min(Math.max(limit, MIN_LIMIT), MAX_LIMIT);
}
