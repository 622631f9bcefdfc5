import { expect, it } from 'vitest';
import { COUNTED, withCountedReferences } from '../../src/config/counted-references.ts';

const N = { type: 'number' };
const ref = (to: string) => ({ $ref: to });

it.each([
  ['the whole', { properties: { a: ref('#') } }],
  ['a definition of itself', { ...ref('#/$defs/l'), $defs: { l: { items: ref('#/$defs/l') } } }],
  [
    'two definitions of one another',
    { ...ref('#/$defs/a'), $defs: { a: { items: ref('#/$defs/b') }, b: { not: ref('#/$defs/a') } } },
  ],
  ['what it stands in', { properties: { a: { properties: { b: ref('#/properties/a') } } } }],
  ['a name', { items: ref('#named'), $defs: { n: { $anchor: 'named' } } }],
  ['another document', { items: ref('https://a.example/b') }],
  ['whatever is dynamic', { items: { $dynamicRef: '#x' } }],
  ['a name with a slash in it', { $defs: { 'a/b': { items: ref('#/$defs/a~1b') } }, ...ref('#/$defs/a~1b') }],
])('a schema that may refer to itself by %s is counted', (_what, schema) => {
  expect(JSON.stringify(withCountedReferences(schema))).toContain(COUNTED);
});

it.each([
  ['one definition, often', { properties: { a: ref('#/$defs/n'), b: ref('#/$defs/n') }, $defs: { n: N } }],
  [
    'definitions in a row',
    { ...ref('#/$defs/a'), $defs: { a: { items: ref('#/$defs/b') }, b: { items: ref('#/$defs/n') }, n: N } },
  ],
  ['none at all', { items: N }],
])('a schema with %s stays unchanged', (_what, schema) => {
  expect(withCountedReferences(schema)).toBe(schema);
});
