import { styleText } from 'node:util';

type TerminalStyle = Parameters<typeof styleText>[0];

/** Where the command line writes. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Whether the error output has colours: a terminal, without NO_COLOR. */
  readonly colors: boolean;
  paint(style: TerminalStyle, text: string): string;
  /** How many columns the standard output has; undefined where it is not a terminal. */
  readonly columns: number | undefined;
}

export function processTerminal(): Terminal {
  return {
    out: text => void process.stdout.write(`${text}\n`),
    error: text => void process.stderr.write(`${text}\n`),
    colors: process.stderr.isTTY === true && process.stderr.hasColors(),
    // Looks at TTY, NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR itself.
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    paint: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}
