import { expect, it } from 'vitest';
import { COUNTED, withCountedReferences } from '../../src/config/counted-references.ts';

const N = { type: 'number' };
const ref = (to: string) => ({ $ref: to });

it.each([
  ['the root', { properties: { a: ref('#') } }],
  ['a recursive definition', { ...ref('#/$defs/l'), $defs: { l: { items: ref('#/$defs/l') } } }],
  [
    'two mutually recursive definitions',
    { ...ref('#/$defs/a'), $defs: { a: { items: ref('#/$defs/b') }, b: { not: ref('#/$defs/a') } } },
  ],
  ['its parent', { properties: { a: { properties: { b: ref('#/properties/a') } } } }],
  ['an anchor', { items: ref('#named'), $defs: { n: { $anchor: 'named' } } }],
  ['another document', { items: ref('https://a.example/b') }],
  ['a dynamic reference', { items: { $dynamicRef: '#x' } }],
  ['a name with a slash', { $defs: { 'a/b': { items: ref('#/$defs/a~1b') } }, ...ref('#/$defs/a~1b') }],
])('a schema that may refer to itself by %s is counted', (_what, schema) => {
  expect(JSON.stringify(withCountedReferences(schema))).toContain(COUNTED);
});

it.each([
  [
    'one definition, referenced repeatedly',
    { properties: { a: ref('#/$defs/n'), b: ref('#/$defs/n') }, $defs: { n: N } },
  ],
  [
    'a chain of definitions',
    { ...ref('#/$defs/a'), $defs: { a: { items: ref('#/$defs/b') }, b: { items: ref('#/$defs/n') }, n: N } },
  ],
  ['no reference', { items: N }],
])('a schema with %s stays unchanged', (_what, schema) => {
  expect(withCountedReferences(schema)).toBe(schema);
});
