import { expect, it } from 'vitest';
import { BUILT_IN_MATCHERS } from '../../src/router/matchers.ts';

const CASES: Readonly<Record<string, { readonly yes: readonly string[]; readonly no: readonly string[] }>> = {
  int: { yes: ['0', '7', '-3', '007'], no: ['', '1.5', '1e3', ' 1', '٣', '1\n'] },
  uuid: {
    yes: ['0b5b3c52-6a2e-4a5b-9e61-2f3d0c2b7f11', '0B5B3C52-6A2E-4A5B-9E61-2F3D0C2B7F11'],
    no: ['', '0b5b3c52', 'x'],
  },
  date: { yes: ['2024-02-29', '1999-12-31'], no: ['2023-02-29', '2024-13-01', '2024-1-1', '20240101', ''] },
  slug: { yes: ['a', 'blue-shoes', '2024'], no: ['', '-a', 'a-', 'a--b', 'Blue', 'a_b'] },
};

it.each(Object.entries(CASES))('matches %s', (name, { yes, no }) => {
  const test = BUILT_IN_MATCHERS.find(matcher => matcher.name === name)?.test ?? (() => undefined);
  expect(yes.filter(text => !test(text))).toEqual([]);
  expect(no.filter(text => test(text))).toEqual([]);
});

it('has a case for every matcher', () => {
  expect(BUILT_IN_MATCHERS.map(({ name }) => name).sort()).toEqual(Object.keys(CASES).sort());
});
