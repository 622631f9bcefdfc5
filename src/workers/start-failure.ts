import { DefinitionError } from '../config-loader/problem.ts';
import { ProjectError } from '../config-loader/project-error.ts';
import type { StartFailure } from '../config-loader/start-failure.ts';
import { ListenError } from './listen-error.ts';

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
