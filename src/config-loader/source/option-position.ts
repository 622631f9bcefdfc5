import { join } from 'node:path';
import type { NamedService } from '../problem-draft.ts';
import { findOption } from './locate.ts';
import { parseFile } from './parse.ts';

/** An option where it may be written. */
export interface OptionPlace {
  /** Relative to the project's folder. */
  readonly file: string;
  readonly path: readonly string[];
  /** The service that has it; undefined for the definition of the file. */
  readonly of?: NamedService | undefined;
}

export interface OptionPosition {
  readonly file: string;
  readonly line: number;
}

/** The first place that has the option in its text. Reads and parses the files, so it is for single requests. */
export function optionPosition(root: string, places: readonly OptionPlace[]): OptionPosition | undefined {
  for (const { file, path, of } of places) {
    const program = parseFile(join(root, file));
    const line = program && findOption(program, { in: 'definition', path, on: 'key', of })?.loc?.start.line;
    if (line !== undefined) return { file, line };
  }
  return undefined;
}
