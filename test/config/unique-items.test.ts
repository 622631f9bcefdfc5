import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { areUnique } from '../../src/config/unique-items.ts';

it('finds the same duplicates as a pairwise comparison', () => {
  const value = fc.jsonValue({ maxDepth: 2 }).map(json => JSON.parse(JSON.stringify(json).replaceAll('-0', '0')));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 8 }), fc.nat(), (items, from) => {
      const list = from % 2 === 0 ? items : [...items, structuredClone(items[from % Math.max(items.length, 1)])];
      const pairwise = list.every((item, i) => list.slice(i + 1).every(other => !isDeepStrictEqual(item, other)));
      expect(areUnique(list)).toBe(pairwise);
    }),
  );
});

it('ignores the order of object members and distinguishes text from other types', () => {
  expect(
    areUnique([
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ]),
  ).toBe(false);
  expect(areUnique([0, -0])).toBe(false);
  expect(areUnique([1, '1', null, 'null', true, 'true', [1], ['1'], {}, [], '', 1.5, '1.5'])).toBe(true);
  expect(areUnique(JSON.parse('[{ "__proto__": 1 }, { "__proto__": 2 }, {}]'))).toBe(true);
});
