import { createRequire } from 'node:module';

export interface Pattern {
  test(text: string): boolean;
}

/** White space and line ends of JavaScript as explicit ranges, because RE2 knows only some of them. */
const SPACES = [
  String.raw`\t\n\x{b}\f\r \x{a0}\x{1680}\x{2000}-\x{200a}`,
  String.raw`\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`,
].join('');
const NO_LINE_END = String.raw`[^\n\r\x{2028}\x{2029}]`;

/** One token of a pattern: an escape with its argument, the start of a group, or a character. */
const TOKEN = new RegExp(
  [
    String.raw`\\(?:u\{[\da-f]+\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|k<[^>]*>|.)`,
    String.raw`\(\?<[^=!>][^>]*>|\(\?[^:]|\(\?:|\{\d+(?:,\d*)?\}|.`,
  ].join('|'),
  'gisu',
);

/** The maximum of ways in which the optional and counted parts of a simple pattern may match together. */
const FEW_WAYS = 256;
/** A counted quantifier above this number is treated as an open one. */
const FEW_ROUNDS = 16;

/**
 * Whether a backtracking engine matches any text in about one pass: the pattern is anchored at the start, at most one
 * long repetition occurs in it, and no repetition contains a choice. Two repetitions may share a text in as many ways
 * as it has characters, nested ones in exponentially many ways.
 */
export function isSimple(pattern: string): boolean {
  let repeats = 0;
  let ways = 1;
  let isClass = false;
  let last = '';
  for (const token of tokensOf(pattern)) {
    if (!isClass && (/^\\[1-9k]/.test(token) || /^\(\?[=!<](?![a-z_$])/i.test(token))) return false;
    if (!isClass && isQuantifier(token)) {
      if (last === ')') return false;
      if (isLong(token)) repeats++;
      else ways *= roundsOf(token);
    }
    if (!isClass && token === '|' && /[*+?{]/.test(pattern)) return false;
    if (token === '[') isClass = true;
    else if (token === ']') isClass = false;
    last = token;
  }
  return ways <= FEW_WAYS && (repeats === 0 || (repeats === 1 && pattern.startsWith('^')));
}

function isQuantifier(token: string): boolean {
  return token === '*' || token === '+' || token === '?' || /^\{\d/.test(token);
}

/** The number of ways in which a short quantifier can match. */
function roundsOf(token: string): number {
  if (token === '?') return 2;
  const [, min = 0, max = min] = /^\{(\d+),?(\d*)\}$/.exec(token) ?? [];
  return Number(max || min) - Number(min) + 1;
}

function isLong(token: string): boolean {
  if (token === '*' || token === '+') return true;
  const [, min = '', comma, max = ''] = /^\{(\d+)(,?)(\d*)\}$/.exec(token) ?? [];
  if (comma === ',' && max === '') return true;
  return Number(max || min) > FEW_ROUNDS && min !== (max || min);
}

/** The same pattern for a linear-time engine; undefined for features that it lacks: lookaround and backreferences. */
export function linearPattern(pattern: string): Pattern | undefined {
  const written = rewritten(pattern);
  if (written === undefined) return undefined;
  try {
    // Few projects have a pattern that needs it.
    const { RE2JS }: typeof import('re2js') = createRequire(import.meta.url)('re2js');
    const compiled = RE2JS.compile(RE2JS.translateRegExp(written));
    return { test: text => compiled.test(text) };
  } catch {
    return undefined;
  }
}

/** Undefined if the engines disagree and no equivalent form exists. */
function rewritten(pattern: string): string | undefined {
  let text = '';
  let isClass = false;
  for (const token of tokensOf(pattern)) {
    const isNamed = token.startsWith('(?<') && token.endsWith('>');
    if ((/^\(\?[^:]/.test(token) && !isNamed) || token.startsWith('\\k')) return undefined;
    if (isClass && (token === '\\S' || token === '\\b')) return undefined;
    if (token === '\\s') text += isClass ? SPACES : `[${SPACES}]`;
    else if (token === '\\S') text += `[^${SPACES}]`;
    // Group names are dropped, since two groups may share a name and names are never read.
    else if (isNamed) text += '(';
    else if (token === '.' && !isClass) text += NO_LINE_END;
    else if (token === '[' && isClass) text += '\\[';
    else text += token;
    if (token === '[') isClass = true;
    else if (token === ']') isClass = false;
  }
  // An empty class, or one that matches everything.
  return /\[\^?\]/.test(pattern) ? undefined : text;
}

function tokensOf(pattern: string): readonly string[] {
  return pattern.match(TOKEN) ?? [];
}
