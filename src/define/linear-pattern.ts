import { RE2JS } from 're2js';

export interface Pattern {
  test(text: string): boolean;
}

/** What JavaScript takes for white space and for the end of a line, written out: RE2 knows the ASCII part of the one and less of the other. */
const SPACES = String.raw`\t\n\x{b}\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`;
const NO_LINE_END = String.raw`[^\n\r\x{2028}\x{2029}]`;

/** One thing that stands in a pattern: an escape with its argument, a group's beginning, or a character. */
const TOKEN =
  /\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|k<[^>]*>|.)|\(\?<[^=!>][^>]*>|\(\?[^:]|\(\?:|\{\d+(?:,\d*)?\}|./gisu;

/** More things that may be left out than this can be left out in too many ways. */
const FEW_OPTIONS = 8;
/** Beyond so many rounds a counted quantifier may as well be an open one. */
const FEW_ROUNDS = 16;

/**
 * Whether a backtracking engine is done with every text in one pass or hardly more: it begins at the beginning, and one thing at the most in it
 * may repeat for long. Two may share the text between them in as many ways as it has characters, one within another in exponentially many.
 */
export function isSimple(pattern: string): boolean {
  let repeats = 0;
  let options = 0;
  let isClass = false;
  let last = '';
  for (const token of tokensOf(pattern)) {
    if (!isClass && token === '?' && ++options > FEW_OPTIONS) return false;
    if (token === '[') isClass = true;
    else if (token === ']') isClass = false;
    else if (!isClass && (token === '*' || token === '+' || isLong(token) || (token.startsWith('{') && last === ')')))
      repeats++;
    else if (!isClass && token === '|') return repeats === 0 && !/[*+{]/.test(pattern);
    last = token;
  }
  return repeats === 0 || (repeats === 1 && pattern.startsWith('^'));
}

function isLong(token: string): boolean {
  const [, most] = /^\{\d+,?(\d*)\}$/.exec(token) ?? [];
  return (
    most !== undefined &&
    (most === '' ? token.includes(',') || Number.parseInt(token.slice(1), 10) > FEW_ROUNDS : Number(most) > FEW_ROUNDS)
  );
}

/** The same pattern for an engine that needs no more than one pass; undefined for what it cannot do: looking around, and references back. */
export function linearPattern(pattern: string): Pattern | undefined {
  const written = rewritten(pattern);
  if (written === undefined) return undefined;
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(written));
    return { test: text => compiled.test(text) };
  } catch {
    return undefined;
  }
}

/** Undefined where the two do not mean the same and it cannot be said otherwise. */
function rewritten(pattern: string): string | undefined {
  let text = '';
  let isClass = false;
  for (const token of tokensOf(pattern)) {
    const isNamed = token.startsWith('(?<') && token.endsWith('>');
    if ((/^\(\?[^:]/.test(token) && !isNamed) || token.startsWith('\\k')) return undefined;
    if (isClass && (token === '\\S' || token === '\\b')) return undefined;
    if (token === '\\s') text += isClass ? SPACES : `[${SPACES}]`;
    else if (token === '\\S') text += `[^${SPACES}]`;
    // Two groups may have one name, and nobody asks for it.
    else if (isNamed) text += '(';
    else if (token === '.' && !isClass) text += NO_LINE_END;
    else if (token === '[' && isClass) text += '\\[';
    else text += token;
    if (token === '[') isClass = true;
    else if (token === ']') isClass = false;
  }
  // An empty class, and one that takes everything.
  return /\[\^?\]/.test(pattern) ? undefined : text;
}

function tokensOf(pattern: string): readonly string[] {
  return pattern.match(TOKEN) ?? [];
}
