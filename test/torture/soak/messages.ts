/** The messages from and to the gateway's process. */
export type Question = { readonly dir: string } | 'measure' | 'close';

export interface Measured {
  /** After a collection, in bytes. */
  readonly heap: number;
  readonly external: number;
  /** Calls and streams that services count as in flight. */
  readonly inFlight: number;
  /** Connections, timers and other active resources by name. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners on the process object. */
  readonly listeners: number;
  readonly unhandled: readonly string[];
  readonly warnings: readonly string[];
}

export type Told =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'measured'; readonly measured: Measured };
