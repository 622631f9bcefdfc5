import { DefinitionError } from '../config-loader/problem.ts';
import type { StartFailure } from '../config-loader/start-failure.ts';
import { startFailure } from '../workers/start-failure.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/**
 * Prints the whole report for a wrong definition, one line for a failure with one cause and one remedy, and a stack
 * only for an unexpected one.
 */
export function showFailure(failure: StartFailure, terminal: Terminal): void {
  switch (failure.kind) {
    case 'definition':
      terminal.error(new DefinitionError(failure.problems, failure.routes).report(terminal.colors));
      return;
    case 'plain':
      terminal.error(`portico: ${failure.message}`);
      return;
    case 'crash':
      terminal.error(`portico: ${failure.stack}`);
  }
}

/** @returns the exit code. */
export function showError(error: unknown, terminal: Terminal): number {
  if (error instanceof UsageError) {
    terminal.error(`portico: ${error.message}`);
    return 2;
  }
  showFailure(startFailure(error), terminal);
  return 1;
}
