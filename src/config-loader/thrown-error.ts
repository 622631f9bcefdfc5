import type { ThrownError } from '../core/ports/thrown.ts';
import { drawCodeFrame } from './code-frame.ts';
import { positionThrown, textOf } from './import-error.ts';

/** The chain of causes may be cyclic. */
const MAX_CAUSES = 8;

/**
 * Describes an error that a file of the project threw at run time, with its causes and the lines that threw them.
 * @param root the project's folder.
 */
export function describeThrown(root: string, thrown: unknown): readonly ThrownError[] {
  const found: ThrownError[] = [];
  for (let error = thrown; error !== undefined && found.length < MAX_CAUSES; error = causeOf(error)) {
    found.push(described(root, error));
  }
  return found;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function described(root: string, error: unknown): ThrownError {
  if (!(error instanceof Error)) return { message: `thrown: ${String(error)}` };
  const message = `${error.name}: ${error.message}`;
  const place = positionThrown(root, error);
  if (place === undefined) return { message };
  const { file, path, line, column } = place;
  const text = textOf(path).split(/\r?\n/)[line - 1];
  if (text === undefined) return { message, at: `${file}:${line}:${column}` };
  const frame = drawCodeFrame([{ file, line, column, underline: column, length: 1, note: undefined, text }]);
  return { message, at: `${file}:${line}:${column}`, frame };
}
