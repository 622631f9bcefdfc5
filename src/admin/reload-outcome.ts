import type { StartFailure } from '../config-loader/start-failure.ts';

/** What became of a reload. */
export type ReloadOutcome =
  /** The new generation serves. */
  | { readonly kind: 'reloaded'; readonly generation: number; readonly routes: number }
  /** The new workers do not serve, so this generation goes on. */
  | { readonly kind: 'refused'; readonly generation: number; readonly failure: StartFailure }
  /** This gateway cannot load its routes anew. */
  | { readonly kind: 'unable'; readonly why: string };
