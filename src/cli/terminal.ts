import { styleText } from 'node:util';

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

export function processTerminal(): Terminal {
  return {
    out: text => void process.stdout.write(`${text}\n`),
    error: text => void process.stderr.write(`${text}\n`),
    colors: process.stderr.isTTY === true && process.stderr.hasColors(),
    // It evaluates TTY, NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR itself.
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}
