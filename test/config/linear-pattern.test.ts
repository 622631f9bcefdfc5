import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSimple, linearPattern } from '../../src/config/linear-pattern.ts';

const ATOMS = [
  String.raw`a b . \s \S \w \W \d \D [ab] [^a] [\s\d] [^\s] [a-c_-] \. - \u00a0 \u{1F600} \x41 \n \b \B ^ $`,
  String.raw`[[:alpha:]\]] \p{L} \p{Lu} [\w.] é \/ \cA \0 [.] [$^] \u2028 : [\p{L}0] \P{L} [\[\]] \v \f`,
].join(' ');
const atom = fc.constantFrom(...ATOMS.split(' '));
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,}', '*?', '+?');
const { pattern } = fc.letrec<{ pattern: string; item: string }>(tie => ({
  pattern: fc.array(tie('item'), { minLength: 1, maxLength: 4 }).map(items => items.join('')),
  item: fc
    .tuple(
      fc.oneof(
        { depthSize: 'small' },
        atom,
        tie('pattern').map(inner => `(${inner})`),
        tie('pattern').map(inner => `(?<n>${inner})`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
      ),
      quantifier,
    )
    .map(parts => parts.join('')),
}));
const text = fc.string({
  unit: fc.constantFrom(...'abc \u00a0\n\r\u20281_-.Aé😀\ufeff\t[]:\u000b\u0085\u0000\u0001/$'),
  maxLength: 12,
});

describe('a linear-time pattern', () => {
  it('accepts what JavaScript accepts', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 8, maxLength: 8 }), (written, texts) => {
        fc.pre(isValid(written));
        const linear = linearPattern(written);
        expect(linear).toBeDefined();
        for (const each of texts)
          expect([each, linear?.test(each)]).toEqual([each, new RegExp(written, 'u').test(each)]);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    '^(?=a)b',
    '(?<!a)b',
    String.raw`(a)\1`,
    String.raw`[\S]`,
    '[]',
    '[^]',
    '(?i:a)',
    String.raw`(?<n>a)\k<n>`,
    'a{0,2000}',
  ])('does not exist for %s', written => {
    expect(linearPattern(written)).toBeUndefined();
  });
});

it.each([
  'abc',
  '[a-z]',
  '^[A-Z]{2}\\d+$',
  '^[a-z0-9-]+$',
  '^.{1,200}$',
  '^\\d{4}-\\d{2}-\\d{2}$',
  '^[*+]+$',
  '^a\\+\\*b*',
])('%s needs no other engine', written => {
  expect(isSimple(written)).toBe(true);
});

it.each(['^(a+)+$', '^\\S+@\\S+$', '\\s+$', '^a|b+$', '^(\\w+\\s?)*$', '(a{1,30}){1,30}', '^a*b*', 'a?'.repeat(30)])(
  '%s may take long',
  written => {
    expect(isSimple(written)).toBe(false);
  },
);

function isValid(written: string): boolean {
  try {
    return new RegExp(written, 'u') !== undefined;
  } catch {
    return false;
  }
}

it.each([
  '^(\\d{1,3},?)+$',
  '^(?:a?b?)*$',
  '^(\\w{1,10}-?){1,10}$',
  '^(a?){60}b$',
  '^(a|aa)+$',
  '^(a*)\\1b$',
  'a?a?a?a?a?a?a?a?a?aaaaaaaaa',
  '\\d{1,3}\\d{1,3}\\d{1,3}\\d{1,3}\\d{1,3}\\d{1,3}$',
  '^(?=.*a)b?$',
])('%s is rejected for a backtracking engine', written => {
  expect(isSimple(written)).toBe(false);
});

it('is simple if no repetition contains a choice', () => {
  fc.assert(
    fc.property(pattern, written => {
      if (isSimple(written)) expect(written).not.toMatch(/\)(?:[*+?]|\{\d)/);
    }),
    { numRuns: 2_000 },
  );
});
