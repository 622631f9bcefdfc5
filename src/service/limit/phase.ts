import type { LimitMode, Sample } from '../../core/ports/limiter.ts';
import type { Wait } from './limit.ts';

/** The adaptive limit is between these. */
export const MIN_LIMIT = 2;
export const MAX_LIMIT = 1_000;

/**
 * With more than this share of drops (timeouts, failed connections, 429, 503) a service has too much to do, whatever
 * the times say.
 */
export const MAX_DROPS = 0.05;

/** How many times as long as usual even the fastest response may take. */
export const SUSPICIOUS = 1.5;

/** What a phase has found out, and so which one comes next. */
export type PhaseVerdict =
  | { readonly to: 'open'; readonly limit: number; readonly restMs?: number }
  | { readonly to: 'trial'; readonly suspicion: Suspicion }
  | { readonly to: 'held'; readonly limit: number; readonly drops?: Drops };

/** A crowd may be waiting inside the service. */
export interface Suspicion {
  /** How long its calls take, as far as that is known. */
  readonly ms: number;
  /** How many were in flight. */
  readonly peak: number;
  /** How many there would be if each took as long as usual. */
  readonly calls: number;
}

/** What a window says of drops. */
export interface Drops {
  readonly share: number;
  /** How low they may push the limit. */
  readonly min: number;
}

/** How the limit is found in one mode. An input returns a verdict when the mode is over. */
export interface LimitPhase {
  readonly mode: LimitMode;
  readonly now: number;
  waited(wait: Wait): PhaseVerdict | undefined;
  settled(sample: Sample): PhaseVerdict | undefined;
}

export function within(limit: number): number {
  return Math.min(Math.max(limit, MIN_LIMIT), MAX_LIMIT);
}
