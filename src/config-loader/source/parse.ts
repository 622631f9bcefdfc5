import { readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AnyNode, Program } from 'acorn';

interface SyntaxMistake {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** The syntax tree of a file at the original positions; undefined for invalid syntax. */
export function parseText(file: string, text: string): Program | undefined {
  try {
    return parseStrictly(file, text);
  } catch {
    return undefined;
  }
}

/** The syntax tree of a file; undefined for invalid syntax. */
export function parseFile(path: string): Program | undefined {
  try {
    return parseStrictly(path, readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The position of a syntax error, which V8 does not report for an imported module. */
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

/** The value of JSON with comments and trailing commas, as tsconfig.json may have them; undefined for anything else. */
export function parseLiteral(text: string): unknown {
  const [statement] = parseText('literal.js', `(${text}\n)`)?.body ?? [];
  return statement?.type === 'ExpressionStatement' ? literalValue(statement.expression) : undefined;
}

function literalValue(node: AnyNode): unknown {
  if (node.type === 'Literal') return node.value;
  if (node.type === 'ArrayExpression') return node.elements.map(element => element && literalValue(element));
  if (node.type !== 'ObjectExpression') return undefined;
  const members = node.properties.flatMap(member =>
    member.type === 'Property' && member.key.type === 'Literal' ? [[member.key.value, literalValue(member.value)]] : [],
  );
  return Object.fromEntries(members);
}

function parseStrictly(file: string, text: string): Program {
  // Loaded only for a file with a mistake.
  const { parse }: typeof import('acorn') = createRequire(import.meta.url)('acorn');
  const code = /\.m?ts$/.test(file) ? withoutTypes(text) : text;
  return parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true, allowHashBang: true });
}

/** Types become spaces, so every position is kept. Node's warning about the experimental function is suppressed. */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
