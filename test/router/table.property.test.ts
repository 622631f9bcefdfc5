import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Matcher, Segment } from '../../src/config/loaded-route.ts';
import { compileTable } from '../../src/router/route-table.ts';

const INT: Matcher = { name: 'int', test: text => /^\d+$/.test(text) };

interface File {
  readonly segments: readonly Segment[];
  readonly method: string | undefined;
}

const segment: fc.Arbitrary<Segment> = fc.oneof(
  fc.constantFrom('a', 'b', '1').map((text): Segment => ({ kind: 'literal', text })),
  fc
    .record({ name: fc.constantFrom('p', 'q'), matcher: fc.constantFrom(INT, undefined), optional: fc.boolean() })
    .map((param): Segment => ({ kind: 'param', ...param })),
);
const rest: fc.Arbitrary<readonly Segment[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.boolean().map((optional): Segment[] => [{ kind: 'rest', name: 'r', optional }]) },
);
const file: fc.Arbitrary<File> = fc.record({
  segments: fc.tuple(fc.array(segment, { maxLength: 3 }), rest).map(([front, back]) => [...front, ...back]),
  method: fc.constantFrom(undefined, 'GET', 'HEAD', 'POST'),
});
const path = fc.oneof(
  fc.constant(['']),
  fc.array(fc.constantFrom('a', 'b', '1', 'c', ''), { minLength: 1, maxLength: 4 }),
);

// The rules of precedence for one file and one reading at a time; smaller is better, segment by segment.
function ranks(segments: readonly Segment[], words: readonly string[]): readonly (readonly number[])[] {
  const [first, ...others] = segments;
  if (first === undefined) return words.length === 0 ? [[]] : [];
  const left = first.kind !== 'literal' && first.optional ? ranks(others, words) : [];
  const [word, ...rest] = words;
  if (word === '' && rest.length === 0 && first.kind === 'rest' && first.optional) return [...left, [5]];
  if (word === undefined || (first.kind === 'literal' ? first.text !== word : word === '')) return left;
  if (first.kind === 'rest') return [...left, [5]];
  if (first.kind === 'param' && first.matcher?.test(word) === false) return left;
  const rank = first.kind === 'literal' ? 0 : (first.optional ? 3 : 1) + (first.matcher === undefined ? 1 : 0);
  return [...left, ...ranks(others, rest).map(after => [rank, ...after])];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((rank, place) => rank !== b[place]);
  return i < 0 ? 0 : (a[i] ?? 0) - (b[i] ?? 0);
}

function bestRank(of: File, words: readonly string[]): readonly number[] | undefined {
  return [...ranks(of.segments, words)].sort(compare)[0];
}

function responses(of: File, method: string): boolean {
  return of.method === undefined || of.method === method || (method === 'HEAD' && of.method === 'GET');
}

it('finds the route that a direct evaluation of the rules finds', () => {
  fc.assert(
    fc.property(
      fc.array(file, { maxLength: 8 }),
      fc.constantFrom('GET', 'HEAD', 'POST'),
      path,
      (files, method, words) => {
        const match = compileTable(files.map(of => ({ ...of, hosts: [], value: of }))).match(method, '', words);
        const asked = words.length === 1 && words[0] === '' ? [] : words;
        const fitting = files.filter(of => bestRank(of, asked) !== undefined);
        const ranked = fitting.filter(of => responses(of, method)).map(of => bestRank(of, asked) ?? []);
        if (ranked.length > 0) {
          if (match.kind !== 'found') throw new Error(`${match.kind}, though a file fits`);
          expect(responses(match.value, method)).toBe(true);
          expect(compare(bestRank(match.value, asked) ?? [9], ranked.sort(compare)[0] ?? [])).toBe(0);
        } else expect(match.kind).toBe(fitting.length > 0 ? 'method' : 'none');
      },
    ),
    { numRuns: 5_000 },
  );
});

it('fills params with the text at their positions and nothing else', () => {
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 5 }), path, (files, words) => {
      const match = compileTable(files.map(of => ({ ...of, hosts: [], value: of }))).match('GET', '', words);
      if (match.kind !== 'found') return;
      const names = match.value.segments.flatMap(of => (of.kind === 'literal' ? [] : [of.name]));
      for (const [name, value] of Object.entries(match.params)) {
        expect(names).toContain(name);
        for (const text of [value].flat()) expect(words).toContain(text);
        expect(value).not.toBe('');
      }
    }),
    { numRuns: 2_000 },
  );
});
