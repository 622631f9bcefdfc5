/**
 * A gateway serves many clients: a promise or a timer that one route's code forgot must not end the requests of all
 * others, so both are logged with their stack and the process goes on. What a request itself throws is that request's
 * 500 and never comes here. Failures of Portico while it starts do not come here either: they end the process with exit
 * code 1.
 */
export function surviveStrayErrors(): void {
  process.on('unhandledRejection', reason => log('a promise was rejected without a handler', reason));
  process.on('uncaughtException', error => log('an error was thrown without a handler', error));
  // A terminal or a log reader that is gone: no one reads the message.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function log(what: string, error: unknown): void {
  process.stderr.write(`portico: ${what}: ${(error instanceof Error ? error.stack : undefined) ?? String(error)}\n`);
}
