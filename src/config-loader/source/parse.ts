import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { type Program, parse } from 'acorn';

interface SyntaxMistake {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** The syntax tree of a file's text, at the positions of the text; undefined where it has none. */
export function parseText(file: string, text: string): Program | undefined {
  try {
    return parseStrictly(file, text);
  } catch {
    return undefined;
  }
}

/** The syntax tree of a file; undefined where it has none. */
export function parseFile(path: string): Program | undefined {
  try {
    return parseStrictly(path, readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Where a text stops being JavaScript: V8 does not report it for an imported module. */
export function syntaxMistake(file: string, text: string): SyntaxMistake | undefined {
  try {
    parseStrictly(file, text);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError) || !('loc' in error)) return undefined;
    const { loc } = error;
    if (typeof loc !== 'object' || loc === null || !('line' in loc) || !('column' in loc)) return undefined;
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    return { message, line: Number(loc.line), column: Number(loc.column) + 1 };
  }
}

function parseStrictly(file: string, text: string): Program {
  const code = /\.m?ts$/.test(file) ? withoutTypes(text) : text;
  return parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true, allowHashBang: true });
}

/**
 * Types become spaces, so every position stays. Node warns of the function at its first use, which would only disturb a
 * report.
 */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
