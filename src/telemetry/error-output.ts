import { LogOutput } from './log-output.ts';

let output: LogOutput | undefined;

/** Writes a line to standard error, which never waits for its reader. */
export function writeError(text: string): void {
  output ??= new LogOutput(process.stderr, lost => `portico: ${lost} messages were lost: nothing took them\n`);
  output.write(`${text}\n`);
}
