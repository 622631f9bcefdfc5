import type { Problem } from './problem.ts';

/** Why a gateway does not serve, as plain data: a worker sends it to its primary, and the admin port to a command. */
export type StartFailure =
  | { readonly kind: 'definition'; readonly problems: readonly Problem[]; readonly routes: number }
  /** One line with cause and remedy. */
  | { readonly kind: 'plain'; readonly message: string }
  /** Unexpected: the stack contains the reason. */
  | { readonly kind: 'crash'; readonly stack: string };
