import { styleText } from 'node:util';
import { writeError } from '../telemetry/error-output.ts';
import { LogOutput } from '../telemetry/log-output.ts';

type TerminalStyle = Parameters<typeof styleText>[0];

/** The output of the command line. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Whether the error output has colours: a terminal, without NO_COLOR. */
  readonly colors: boolean;
  paint(style: TerminalStyle, text: string): string;
  /** The width of the standard output; undefined if it is no terminal. */
  readonly columns: number | undefined;
}

/** For a command that ends by itself: its output waits for a slow reader. */
export function processTerminal(): Terminal {
  // `portico routes | head -1` ends without an error.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    out: text => void process.stdout.write(`${text}\n`),
    error: text => void process.stderr.write(`${text}\n`),
    colors: process.stderr.isTTY === true && process.stderr.hasColors(),
    // It evaluates TTY, NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR itself.
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}

/** For a process that serves: no reader of its output holds it up. */
export function servingTerminal(): Terminal {
  const output = new LogOutput();
  return { ...processTerminal(), out: text => output.write(`${text}\n`), error: writeError };
}
