import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { structureCompiler } from '../../src/config/schema.ts';
import { defineService } from '../../src/config/service.ts';
import { follows, ownSchemas } from '../../src/config-loader/own-schemas.ts';
import { type OwnSchema, predicateOf } from '../../src/config-loader/schema-predicate.ts';

const KINDS = ['route', 'service', 'defaults', 'gateway'] as const;

function nodesIn(node: unknown): readonly OwnSchema[] {
  return typeof node === 'object' && node !== null ? [node, ...Object.values(node).flatMap(nodesIn)] : [];
}

const nodes = ownSchemas().flatMap(nodesIn);
const service = defineService('s', { targets: ['http://127.0.0.1:1'] });
const values = [
  ...nodes.flatMap(node => ('const' in node ? [node.const] : (node.enum ?? []))),
  ...[undefined, null, true, -1, 0, 0.5, 1, 2, 200, 70_000, Number.NaN, '', '5s', '0s', '1h', '64KB', '50%', '0%'],
  ...['/[id]', '/health', '//a', 'http://127.0.0.1:1', 'x', 'ex ample', '_http._tcp.x', 'localhost', service('/[id]')],
  () => 1,
];
/** The names of options that stand together somewhere. */
const together = nodes.flatMap(({ properties }) => (properties === undefined ? [] : [Object.keys(properties)]));
const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 3, arbitrary: fc.constantFrom(...values) },
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...together.flat(), '200', '__proto__'), tie('value'), { maxKeys: 2 }),
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...together)
        .chain(names => fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 3 })),
    },
  ),
}));

/** An object with options of one schema, so that many of the values fit. */
function optionsOf(kind: (typeof KINDS)[number]): fc.Arbitrary<unknown> {
  const root = ownSchemas().find(schema => '$id' in schema && schema.$id === `${kind}.schema.json`);
  const required = kind === 'service' ? { targets: ['http://127.0.0.1:1'] } : {};
  const names = fc.constantFrom(...Object.keys(root?.properties ?? {}));
  return fc.oneof(
    value,
    fc.dictionary(names, value, { maxKeys: 3 }).map(options => ({ ...required, ...options })),
  );
}

it.each(KINDS)('accepts what ajv accepts by the schema of a %s, and nothing else', kind => {
  const mismatches = structureCompiler(ownSchemas())(`${kind}.schema.json`);
  let accepted = 0;
  fc.assert(
    fc.property(optionsOf(kind), given => {
      const isRight = mismatches(given).length === 0;
      if (isRight) accepted++;
      expect(follows(kind, given)).toBe(isRight);
    }),
    { numRuns: 10_000 },
  );
  expect(accepted).toBeGreaterThan(500);
});

describe('a keyword', () => {
  const type = ['object', 'array', 'string', 'number', 'boolean'] as const;
  const pool = [
    ...[null, true, -1, 0, 0.5, 1, 2, 3, Number.NaN, Number.POSITIVE_INFINITY, '', 'a', 'ab', '💥'],
    ...[
      [],
      ['a'],
      ['a', 1],
      [1, 2, 3],
      {},
      { a: 1 },
      { a: 'x', b: 2 },
      { b: 2 },
      { a: undefined, b: 2 },
      { ab: 'x', a: 1, c: 3 },
    ],
  ];
  const schemas: readonly OwnSchema[] = [
    { type: 'integer' },
    { type: 'number' },
    { type, minimum: 1 },
    { type, maximum: 1 },
    { type, exclusiveMinimum: 1 },
    { type, minLength: 2 },
    { type, pattern: '^a' },
    { type, const: 1 },
    { type, enum: [1, 'a'] },
    { type, minItems: 2 },
    { type, items: { type: 'string' } },
    { type, minProperties: 2 },
    { type, maxProperties: 1 },
    { type, required: ['a'] },
    { type, dependentRequired: { a: ['b'] } },
    { type, propertyNames: { enum: ['a'] } },
    { type, properties: { a: { type: 'number' } } },
    { type, patternProperties: { '^a': { type: 'number' } } },
    { type, properties: { a: {} }, patternProperties: { '^b': {} }, additionalProperties: false },
    { type, properties: { a: {} }, additionalProperties: { type: 'number' } },
    { anyOf: [{ type: 'string' }, { type: 'number', minimum: 1 }] },
  ];

  it.each(schemas)('means what it means to ajv: %j', schema => {
    const mismatches = structureCompiler([{ $id: 'it', ...schema }])('it');
    const fits = predicateOf(schema, () => () => false);
    expect(pool.filter(fits)).toEqual(pool.filter(each => mismatches(each).length === 0));
  });
});

it('refuses a keyword that nothing checks', () => {
  const schema = { type: 'object', maxItems: 1 };
  expect(() => predicateOf(schema, () => () => true)).toThrow(new TypeError('the keyword "maxItems" is unknown'));
  expect(() => predicateOf({ type: 'text' }, () => () => true)).toThrow(new TypeError('the type "text" is unknown'));
});
