import { writeError } from '../telemetry/error-output.ts';
import { outputsNeverWait } from '../telemetry/log-output.ts';

/**
 * A gateway serves many clients: an unhandled rejection or an error in a timer of one route must not end the requests
 * of all others, so it is logged with its stack and the process continues. An error within a request is that request's
 * 500. Failures of Portico at its start end the process with exit code 1.
 */
export function surviveStrayErrors(): void {
  process.on('unhandledRejection', reason => log('a promise was rejected without a handler', reason));
  process.on('uncaughtException', error => log('an error was thrown without a handler', error));
  // A closed terminal or log reader: the message has no reader.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  // Routes may write to them, too.
  outputsNeverWait();
}

function log(what: string, error: unknown): void {
  writeError(`portico: ${what}: ${(error instanceof Error ? error.stack : undefined) ?? String(error)}`);
}
