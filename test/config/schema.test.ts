import fc from 'fast-check';
import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { type } from '../../src/config/infer.ts';
import { type Check, compileSchema, structureCompiler } from '../../src/config/schema.ts';

function check(schema: unknown, coerce = false): Check {
  return compileSchema(schema, { coerce }) ?? (value => ({ value }));
}

describe('a validator', () => {
  it('does not exist for a type without a schema and for a schema that accepts everything', () => {
    expect(compileSchema(type<string>(), { coerce: true })).toBeUndefined();
    expect(compileSchema({}, { coerce: false })).toBeUndefined();
    expect(compileSchema(Type.Unknown(), { coerce: false })).toBeUndefined();
    expect(compileSchema(undefined, { coerce: false })).toBeUndefined();
  });

  it('is compiled alone, although another schema has its `$id` inside', () => {
    const node = { $id: 'Node', type: 'object', properties: { next: { $ref: 'Node' } }, required: ['id'] };
    expect(check({ type: 'array', items: node })([{}])).toMatchObject({ errors: [{ pointer: '/0/id' }] });
    expect(check({ ...node })({ id: 1, next: {} })).toMatchObject({ errors: [{ pointer: '/next/id' }] });
    expect(check({ items: { ...node, required: ['name'] } })([{}])).toMatchObject({ errors: [{ pointer: '/0/name' }] });
  });

  it('may have a part that refers to itself in several places', () => {
    const node = { $id: 'Node', type: 'object', properties: { next: { $ref: 'Node' } }, required: ['id'] };
    const both = check({ properties: { a: node, b: { ...node }, c: { enum: [node] }, '\u2028': node, default: node } });
    expect(both({ a: { id: 1 }, b: { id: 1, next: {} }, c: node })).toEqual({
      errors: [{ pointer: '/b/next/id', detail: 'is required' }],
    });
    const other = { ...node, required: [] };
    expect(() => check({ properties: { a: node, b: other } })).toThrow('resolves to more than one schema');
  });

  it('returns a valid value', () => {
    const value = { qty: 1 };
    expect(check(Type.Object({ qty: Type.Integer({ minimum: 1 }) }))(value)).toEqual({ value });
  });

  it('reports what is invalid and where', () => {
    const schema = {
      type: 'object',
      properties: { qty: { type: 'integer', minimum: 1 }, size: { enum: ['s', 'm'] }, 'a/b': { const: 1 } },
      required: ['id', 'x~y'],
      additionalProperties: false,
    };
    expect(check(schema)({ qty: 0, size: 'l', 'a/b': 2, more: true })).toEqual({
      errors: expect.arrayContaining([
        { pointer: '/qty', detail: 'must be >= 1' },
        { pointer: '/size', detail: 'must be one of "s", "m"' },
        { pointer: '/a~1b', detail: 'must be 1' },
        { pointer: '/id', detail: 'is required' },
        { pointer: '/x~0y', detail: 'is required' },
        { pointer: '/more', detail: 'is unknown' },
      ]),
    });
    expect(check({ type: 'object' })(7)).toEqual({ errors: [{ pointer: '', detail: 'must be object' }] });
  });

  it('reports at most 50 mistakes', () => {
    const verdict = check({ type: 'array', items: { type: 'string' } })(Array.from({ length: 1_000 }, (_, i) => i));
    expect(verdict).toHaveProperty('errors.length', 50);
  });

  it('reads own properties only, whatever their names', () => {
    const schema = JSON.parse(
      '{ "type": "object", "required": ["constructor", "__proto__"], "additionalProperties": false }',
    );
    expect(check(schema)({})).toEqual({
      errors: [
        { pointer: '/constructor', detail: 'is required' },
        { pointer: '/__proto__', detail: 'is required' },
      ],
    });
    expect(check(schema)(JSON.parse('{ "__proto__": 1, "constructor": 2 }'))).toEqual({
      errors: [
        { pointer: '/__proto__', detail: 'is unknown' },
        { pointer: '/constructor', detail: 'is unknown' },
      ],
    });
  });

  it('knows formats and rejects an unknown one', () => {
    expect(check({ type: 'string', format: 'email' })('x')).toHaveProperty('errors.length', 1);
    expect(() => check({ type: 'string', format: 'e-mail' })).toThrow(/unknown format "e-mail"/);
  });

  it('is compiled once per schema', () => {
    const schema = { type: 'string' };
    expect(compileSchema(schema, { coerce: false })).toBe(compileSchema(schema, { coerce: false }));
    expect(compileSchema(schema, { coerce: false })).not.toBe(compileSchema(schema, { coerce: true }));
  });

  it('may be recursive', () => {
    const tree = check({ type: 'object', properties: { below: { type: 'array', items: { $ref: '#' } } } });
    expect(tree({ below: [{ below: [] }] })).not.toHaveProperty('errors');
    expect(tree({ below: [{ below: [1] }] })).toEqual({
      errors: [{ pointer: '/below/0/below/0', detail: 'must be object' }],
    });
  });

  it('may share its $id with another', () => {
    expect(check({ $id: 'thing', type: 'string' })('x')).toEqual({ value: 'x' });
    expect(check({ $id: 'thing', type: 'number' })(1)).toEqual({ value: 1 });
  });
});

describe('coercion', () => {
  const schema = Type.Object({
    page: Type.Integer({ default: 1 }),
    all: Type.Optional(Type.Boolean()),
    tag: Type.Optional(Type.Array(Type.String())),
  });

  it('converts text to the type in the schema', () => {
    expect(check(schema, true)({ page: '2', all: 'true', tag: 'a' })).toEqual({
      value: { page: 2, all: true, tag: ['a'] },
    });
    expect(check(schema, true)({})).toEqual({ value: { page: 1 } });
  });

  it('does not change the input object', () => {
    const given = { page: '2', tag: 'a' };
    check(schema, true)(given);
    expect(given).toEqual({ page: '2', tag: 'a' });
  });

  it('adds no values', () => {
    for (const page of ['', 'two', '1.5', ['1', '2']]) expect(check(schema, true)({ page })).toHaveProperty('errors');
    expect(check(schema)({ page: '2' })).toHaveProperty('errors');
  });
});

describe('a Standard Schema', () => {
  const standard = (validate: (value: unknown) => unknown) => ({
    '~standard': { version: 1, vendor: 'test', validate },
  });

  it('returns the value that it produces', () => {
    expect(check(standard(value => ({ value: [value] })))(1)).toEqual({ value: [1] });
  });

  it('reports the path of a mistake and may be asynchronous', async () => {
    const issues = [{ message: 'too small', path: ['a/b', { key: 0 }] }, { message: 'wrong' }];
    const errors = [
      { pointer: '/a~1b/0', detail: 'too small' },
      { pointer: '', detail: 'wrong' },
    ];
    expect(check(standard(() => ({ issues })))(1)).toEqual({ errors });
    await expect(check(standard(async () => ({ issues })))(1)).resolves.toEqual({ errors });
  });

  it('may be a function', () => {
    const callable = Object.assign(
      () => undefined,
      standard(value => ({ value })),
    );
    expect(check(callable)(1)).toEqual({ value: 1 });
  });
});

describe('an invalid schema', () => {
  it.each([
    ['text', 'string', /a schema is a JSON Schema object/],
    ['a list', [], /a schema is a JSON Schema object/],
    ['an unknown type', { type: 'strng' }, /\/type must be one of/],
    ['a reference to nothing', { $ref: '#/$defs/x' }, /can't resolve reference/],
    ['a broken pattern', { type: 'string', pattern: '(' }, /Invalid regular expression/],
    ['another dialect', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'string' }, /draft-07/],
    ['an asynchronous schema', { $async: true, type: 'string' }, /\$async/],
  ])('is rejected: %s', (_, schema, message) => {
    expect(() => compileSchema(schema, { coerce: false })).toThrow(TypeError);
    expect(() => compileSchema(schema, { coerce: false })).toThrow(message);
  });
});

it('accepts or rejects any JSON without throwing', () => {
  const schema = {
    type: 'object',
    properties: { id: { type: 'integer' }, list: { type: 'array', items: { $ref: '#' } }, when: { format: 'date' } },
    required: ['id', 'toString'],
    unevaluatedProperties: {
      anyOf: [
        { type: 'string', pattern: '^a' },
        { type: 'array', uniqueItems: true },
      ],
    },
  };
  const checks = [check(schema), check(schema, true)];
  const json = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom('id', 'list', 'when', '__proto__', 'toString'), fc.jsonValue()),
  );
  fc.assert(
    fc.property(json, value => {
      for (const judge of checks) {
        const verdict = judge(value);
        if (verdict instanceof Promise) throw new Error('nothing to wait for');
        for (const { pointer, detail } of verdict.errors ?? []) {
          expect(pointer === '' || pointer.startsWith('/')).toBe(true);
          expect(detail).not.toBe('');
        }
      }
    }),
  );
});

describe('the structure of definitions', () => {
  it('reports path, rule and value of a mistake', () => {
    const schema = {
      $id: 'thing.json',
      type: 'object',
      additionalProperties: false,
      properties: { run: { isFunction: true } },
    };
    const structure = structureCompiler([schema])('thing.json');
    expect(structure({ run: () => 1 })).toEqual([]);
    expect(structure({ run: 1 })).toMatchObject([{ path: ['run'], keyword: 'isFunction', value: 1 }]);
    expect(structure({ 'a/b': 1 })).toMatchObject([{ path: [], params: { additionalProperty: 'a/b' } }]);
  });
});

describe('a client’s input within the limits', () => {
  const many = Array.from({ length: 40_000 }, (_, i) => ({ a: i, b: [i] }));
  const endless = `${'a'.repeat(50)}!`;
  const evil = { type: 'string', pattern: '^(a+)+$' };
  const onlyMistake = (pointer: string, detail: RegExp) => ({
    errors: [{ pointer, detail: expect.stringMatching(detail) }],
  });

  // Each of these took seconds, minutes or for ever without the limits: the test is that they end.
  it.each([
    ['maxItems beside uniqueItems', { maxItems: 10, uniqueItems: true }, many, onlyMistake('', /more than 10/)],
    [
      'maxItems behind uniqueItems',
      { maxItems: 10, allOf: [{ uniqueItems: true }] },
      many,
      onlyMistake('', /more than 10/),
    ],
    [
      'maxItems of another property than the first mistake',
      { properties: { n: { type: 'number' }, t: { maxLength: 9, pattern: '^(?=a)(a+)+$' } } },
      { n: 'x', t: endless },
      onlyMistake('/t', /more than 9/),
    ],
    ['uniqueItems without maxItems', { uniqueItems: true }, many, { value: many }],
    ['a pattern that backtracks', evil, endless, onlyMistake('', /pattern/)],
    [
      'a pattern of property names',
      { patternProperties: { '^(a+)+$': false } },
      { [endless]: 1 },
      { value: { [endless]: 1 } },
    ],
    ['a pattern with quadratic time', { pattern: '\\s+$' }, `${' '.repeat(500_000)}!`, onlyMistake('', /pattern/)],
    ['a format with quadratic time', { format: 'url' }, `http://[${':'.repeat(500_000)}`, onlyMistake('', /format/)],
    [
      'only invalid items',
      { items: { type: 'string' } },
      Array.from({ length: 300_000 }, () => 1),
      onlyMistake('/0', /string/),
    ],
  ])('is validated quickly: %s', (_, schema, value, verdict) => {
    expect(check(schema)(value)).toEqual(verdict);
  });

  it('is validated quickly in a query too', () => {
    expect(check({ type: 'object', properties: { q: evil } }, true)({ q: endless })).toMatchObject({
      errors: [{ pointer: '/q' }],
    });
  });

  it('is a client error if it is nested too deeply', () => {
    const schema = { $ref: '#/$defs/list', $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } } };
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(check(schema)(deep)).toEqual({ errors: [{ pointer: '', detail: 'is nested too deep' }] });
  });

  it('is not limited by keywords below a condition', () => {
    const schema = { anyOf: [{ maxLength: 1 }, { pattern: '^b' }], if: { maxLength: 2 }, not: { maxLength: 0 } };
    expect(check(schema)('bbbb')).toEqual({ value: 'bbbb' });
    const extra = { patternProperties: { '^x': {} }, additionalProperties: { maxLength: 1 } };
    expect(check(extra)({ x: 'long' })).toEqual({ value: { x: 'long' } });
  });

  it('terminates for a schema that refers to itself in two branches', () => {
    const branch = (kind: string) => ({
      type: 'object',
      properties: { next: { $ref: '#' }, kind: { const: kind } },
      required: ['kind'],
    });
    const schema = { oneOf: [branch('a'), branch('b'), { type: 'null' }] };
    const nested = (levels: number): unknown => (levels === 0 ? null : { next: nested(levels - 1), kind: 'a' });
    expect(check(schema)(nested(4))).toEqual({ value: nested(4) });
    expect(check(schema)(nested(400))).toMatchObject({ errors: [{ pointer: '' }] });
    const named = { properties: { $ref: { type: 'string' } }, const: { $ref: '#/nowhere' } };
    expect(check(named)({ $ref: '#/nowhere' })).toEqual({ value: { $ref: '#/nowhere' } });
  });

  it('warns once about a pattern that cannot be made linear', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    for (let i = 0; i < 2; i++) check({ pattern: '^(?=.*\\d)(?=.*[a-z]).{8,}$', title: `${i}` });
    await new Promise(setImmediate);
    process.off('warning', listen);
    const ours = warnings.filter(({ message }) => message.includes('{8,}'));
    expect(ours.map(({ message }) => message)).toEqual([expect.stringContaining('maxLength')]);
  });
});
