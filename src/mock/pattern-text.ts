import type { SeededRandom } from './random.ts';

/** Repetitions beyond the minimum: of `+` and `*`, and of `{2,100}`. */
const MORE = 3;
const MORE_WITH_MAX = 12;
/** Characters, groups and classes that are read for one text. */
const MAX_ATOMS = 20_000;
const PRINTABLE = range(' ', '~');
const WORD = [...range('a', 'z'), ...range('A', 'Z'), ...range('0', '9'), '_'];
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  d: range('0', '9'),
  w: WORD,
  s: [' '],
  D: PRINTABLE.filter(char => !/\d/.test(char)),
  W: PRINTABLE.filter(char => !/\w/.test(char)),
  S: PRINTABLE.filter(char => char !== ' '),
};
const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v', 0: '\0' };

function range(from: string, to: string): readonly string[] {
  const [first, last] = [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => String.fromCodePoint(first + i));
}

/** A pattern without a text of a usable length. */
export class TextTooLong extends RangeError {}

/** The number of characters that a text may have. */
interface TextLength {
  readonly min: number;
  readonly max: number;
}

/**
 * A text that a regular expression matches: literals, classes, groups, alternatives and repetitions.
 * @returns undefined for anything else, such as lookarounds and references to groups.
 * @throws TextTooLong
 */
export function patternText(
  pattern: string,
  random: SeededRandom,
  length: TextLength = { min: 0, max: Number.POSITIVE_INFINITY },
): string | undefined {
  try {
    const shortest = new PatternReader(pattern, random, { min: 0, max: 0 }).whole().length;
    const spare = { min: length.min - shortest, max: length.max - shortest };
    const text = new PatternReader(pattern, random, spare).whole();
    return new RegExp(pattern, 'u').test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof TextTooLong) throw error;
    return undefined;
  }
}

/** Reads a pattern and makes the text on the way. */
class PatternReader {
  readonly #pattern: readonly string[];
  readonly #random: SeededRandom;
  #owed: number;
  #spare: number;
  #atoms = 0;
  #at = 0;

  /** @param spare characters beyond the shortest text. */
  constructor(pattern: string, random: SeededRandom, spare: TextLength) {
    this.#pattern = [...pattern];
    this.#random = random;
    this.#owed = spare.min;
    this.#spare = spare.max;
  }

  /** @throws RangeError for a pattern that is not understood. */
  whole(): string {
    const text = this.alternatives();
    if (!this.isAtEnd) throw new RangeError('a bracket without a beginning');
    return text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  alternatives(): string {
    const texts = [this.#sequence()];
    while (this.#take('|')) texts.push(this.#sequence());
    return this.#random.pick(texts);
  }

  #sequence(): string {
    let text = '';
    while (!this.isAtEnd && this.#peek() !== '|' && this.#peek() !== ')') text += this.#repeated();
    return text;
  }

  /** An atom is read anew for each repetition, so that each has characters of its own. */
  #repeated(): string {
    const start = this.#at;
    const first = this.#atom();
    const [min, max] = this.#repetition();
    const end = this.#at;
    if (min > MAX_ATOMS) throw new TextTooLong();
    const usual = this.#random.between(min, Math.min(max, min + (max === Infinity ? MORE : MORE_WITH_MAX)));
    let text = '';
    for (let count = 0; count < max; count++) {
      const isMore = count >= min;
      if (isMore && this.#owed <= 0 && (count >= usual || this.#spare <= 0)) break;
      this.#at = start;
      const atom = count === 0 ? first : this.#atom();
      if (isMore) this.#spend(atom.length);
      text += atom;
    }
    this.#at = end;
    return text;
  }

  #spend(characters: number): void {
    this.#owed -= characters;
    this.#spare -= characters;
  }

  #repetition(): readonly [number, number] {
    const bounds = this.#bounds();
    // A lazy repetition matches the same texts.
    if (bounds !== undefined) this.#take('?');
    return bounds ?? [1, 1];
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Infinity];
    if (this.#take('+')) return [1, Infinity];
    if (this.#take('?')) return [0, 1];
    if (!this.#take('{')) return undefined;
    const [min = '', max = min] = this.#until('}').split(',');
    return [Number(min), max === '' ? Infinity : Number(max)];
  }

  #atom(): string {
    if (++this.#atoms > MAX_ATOMS) throw new TextTooLong();
    const char = this.#next();
    if (char === '^' || char === '$') return '';
    if (char === '.') return this.#random.pick(WORD);
    if (char === '[') return this.#random.pick(this.#class());
    if (char === '\\') return this.#random.pick(this.#escape());
    if (char !== '(') return char;
    if (this.#take('?') && !this.#take(':')) throw new RangeError('a group with a condition');
    const text = this.alternatives();
    if (!this.#take(')')) throw new RangeError('a group without an end');
    return text;
  }

  #class(): readonly string[] {
    const isNegated = this.#take('^');
    const chars: string[] = [];
    while (!this.#take(']')) {
      const [first, ...others] = this.#member();
      if (first !== undefined && others.length === 0 && this.#peek() === '-' && this.#peek(1) !== ']') {
        this.#next();
        chars.push(...range(first, this.#member()[0] ?? first));
      } else if (first !== undefined) chars.push(first, ...others);
    }
    return isNegated ? PRINTABLE.filter(char => !chars.includes(char)) : chars;
  }

  #member(): readonly string[] {
    const char = this.#next();
    return char === '\\' ? this.#escape() : [char];
  }

  #escape(): readonly string[] {
    const char = this.#next();
    const known = CLASSES[char];
    if (known !== undefined) return known;
    if (char === 'u') return [String.fromCharCode(Number.parseInt(this.#many(4), 16))];
    if (char === 'x') return [String.fromCharCode(Number.parseInt(this.#many(2), 16))];
    if (/[a-zA-Z1-9]/.test(char) && CONTROLS[char] === undefined) throw new RangeError('an escape with a meaning');
    return [CONTROLS[char] ?? char];
  }

  #many(count: number): string {
    return Array.from({ length: count }, () => this.#next()).join('');
  }

  #until(end: string): string {
    let text = '';
    for (let char = this.#next(); char !== end; char = this.#next()) text += char;
    return text;
  }

  #peek(ahead = 0): string | undefined {
    return this.#pattern[this.#at + ahead];
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const char = this.#peek();
    if (char === undefined) throw new RangeError('the pattern ends early');
    this.#at++;
    return char;
  }
}
