/** What the gateway's process is asked, and tells. */
export type Question = { readonly dir: string } | 'measure' | 'close';

export interface Measured {
  /** After collection, in bytes. */
  readonly heap: number;
  readonly external: number;
  /** Calls and streams that services count. */
  readonly inFlight: number;
  /** Connections, timers and whatever else keeps the process busy, by their names. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners on the process itself. */
  readonly listeners: number;
  readonly unhandled: readonly string[];
  readonly warnings: readonly string[];
}

export type Told =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'measured'; readonly measured: Measured };
