import type { Matcher, Segment } from '../config/loaded-route.ts';
import { didYouMean } from './nearest.ts';
import type { Code } from './problem-codes.ts';

/** A mistake in a file name; `part` is the text to underline. */
export interface NameMistake {
  readonly code: Code;
  readonly part: string;
  readonly message: string;
  readonly remedy: string;
}

interface Parsed {
  readonly segment?: Segment;
  readonly mistake?: NameMistake;
}

const NAME = '[A-Za-z_][\\w-]*';
const PARAM = new RegExp(`^\\[(${NAME})(?:=(${NAME}))?\\]$`);
const OPTIONAL = new RegExp(`^\\[\\[(${NAME})(?:=(${NAME}))?\\]\\]$`);
const REST = new RegExp(`^\\[\\.\\.\\.(${NAME})\\]$`);
const OPTIONAL_REST = new RegExp(`^\\[\\[\\.\\.\\.(${NAME})\\]\\]$`);
const COLON = new RegExp(`^:(${NAME})`);

export function parseSegment(text: string, matchers: ReadonlyMap<string, Matcher>): Parsed {
  const colon = COLON.exec(text);
  if (colon?.[1] !== undefined) return { mistake: colonMistake(text, colon[1]) };
  if (!/[[\]()]/.test(text)) return { segment: { kind: 'literal', text } };
  const rest = REST.exec(text) ?? OPTIONAL_REST.exec(text);
  if (rest?.[1] !== undefined) {
    return { segment: { kind: 'rest', name: rest[1], optional: text.startsWith('[[') } };
  }
  const [, name, matcher] = PARAM.exec(text) ?? OPTIONAL.exec(text) ?? [];
  if (name === undefined) return { mistake: bracketMistake(text) };
  const optional = text.startsWith('[[');
  if (matcher === undefined) return { segment: { kind: 'param', name, matcher: undefined, optional } };
  const known = matchers.get(matcher);
  if (known !== undefined) return { segment: { kind: 'param', name, matcher: known, optional } };
  return { mistake: unknownMatcher(matcher, [...matchers.keys()]) };
}

function unknownMatcher(name: string, known: readonly string[]): NameMistake {
  return {
    code: 'P104',
    part: `=${name}`,
    message: `unknown matcher "${name}"; known: ${known.join(', ')}`,
    remedy: `${didYouMean(name, known)}export a function ${name}(text) from routes/_matchers.ts`,
  };
}

// The param syntax of other routers; taken literally, such a path would never match.
function colonMistake(text: string, name: string): NameMistake {
  return {
    code: 'P103',
    part: text,
    message: `a param stands in brackets, not behind a colon, in "${text}"`,
    remedy: `write [${name}]`,
  };
}

function bracketMistake(text: string): NameMistake {
  return {
    code: 'P103',
    part: text,
    message: `${reasonAgainst(text)} in "${text}"`,
    remedy: 'write [id], [id=int], [[id]], [...rest] or [[...rest]] as a whole segment, and (group) as a whole folder',
  };
}

function reasonAgainst(text: string): string {
  if (count(text, '[') !== count(text, ']') || count(text, '(') !== count(text, ')')) return 'unbalanced brackets';
  if (/[()]/.test(text)) return 'a group is a folder, not a part of a name,';
  if (!text.startsWith('[') || !text.endsWith(']')) return 'a bracket takes its whole segment, not a part of it,';
  if (/^\[+\.\.\..*=/.test(text)) return 'a rest takes several segments and has no matcher';
  return 'no param';
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}

/** The mistakes across segments that are each valid. */
export function wholeAddressMistakes(segments: readonly Segment[], texts: readonly string[]): readonly NameMistake[] {
  const mistakes: NameMistake[] = [];
  const names = new Set<string>();
  for (const [i, segment] of segments.entries()) {
    if (segment.kind === 'literal') continue;
    const part = texts.find(text => text.includes(segment.name) && text.startsWith('[')) ?? segment.name;
    if (segment.kind === 'rest' && i < segments.length - 1) {
      mistakes.push({
        code: 'P103',
        part,
        message: `a rest takes all that is left, so nothing can follow "${part}"`,
        remedy: 'put it last, or use a param: [id]',
      });
    }
    if (names.has(segment.name)) {
      mistakes.push({
        code: 'P103',
        part,
        message: `two params are called "${segment.name}"`,
        remedy: 'give each param of an address a name of its own',
      });
    }
    names.add(segment.name);
  }
  return mistakes;
}
