import type { Listed } from '../balance/machine.ts';

/** The machines that were found, and when to look again. */
export interface Sighting {
  readonly machines: readonly Listed[];
  readonly goodForMs: number;
}

/** Where machines are found. */
export interface Source {
  /** May reject, and may hang: whoever asks sets a bound, and aborts the signal when it is over. */
  find(signal: AbortSignal): Promise<Sighting>;
}
