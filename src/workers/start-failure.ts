import { DefinitionError, type Problem } from '../config-loader/problem.ts';
import { ProjectError } from '../config-loader/project-error.ts';
import { ListenError } from './listen-error.ts';

/** Why a gateway does not serve, as plain data: a worker sends it to its primary. */
export type StartFailure =
  | { readonly kind: 'definition'; readonly problems: readonly Problem[]; readonly routes: number }
  /** One line with cause and remedy. */
  | { readonly kind: 'plain'; readonly message: string }
  /** Unexpected: the stack contains the reason. */
  | { readonly kind: 'crash'; readonly stack: string };

export function startFailure(error: unknown): StartFailure {
  if (error instanceof StartRefused) return error.failure;
  if (error instanceof DefinitionError) return { kind: 'definition', ...error.toJSON() };
  if (error instanceof ProjectError || error instanceof ListenError) return { kind: 'plain', message: error.message };
  return { kind: 'crash', stack: (error instanceof Error ? error.stack : undefined) ?? String(error) };
}

/** A worker's failure in the primary. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  readonly failure: StartFailure;

  constructor(failure: StartFailure) {
    super(failure.kind);
    this.failure = failure;
  }
}
