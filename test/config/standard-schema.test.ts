import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type as arktype } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { compileBody } from '../../src/config/body-check.ts';
import { type Check, compileSchema } from '../../src/config/schema.ts';

function check(schema: unknown, options: Parameters<typeof compileSchema>[1]): Check {
  return compileSchema(schema, options) ?? (value => ({ value }));
}

const texts = (schema: unknown) => check(schema, { coerce: true });
const json = (schema: unknown, value: unknown) => compileBody(schema)?.json({ rounded: value, exact: value });
const form = async (schema: unknown, fields: Readonly<Record<string, unknown>>) => compileBody(schema)?.form(fields);

// The same query in three libraries, each of which describes itself by Standard JSON Schema.
const QUERIES = {
  zod: z.object({
    page: z.number().int().min(1),
    open: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
    ids: z.array(z.number()).optional(),
    name: z.string().optional(),
    either: z.union([z.number(), z.string()]).optional(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      page: v.pipe(v.number(), v.integer(), v.minValue(1)),
      open: v.optional(v.boolean()),
      tags: v.optional(v.array(v.string())),
      ids: v.optional(v.array(v.number())),
      name: v.optional(v.string()),
      either: v.optional(v.union([v.number(), v.string()])),
    }),
  ),
  arktype: arktype({
    page: 'number.integer >= 1',
    'open?': 'boolean',
    'tags?': 'string[]',
    'ids?': 'number[]',
    'name?': 'string',
    'either?': 'number | string',
  }),
};

describe.each(Object.entries(QUERIES))('the texts of a query for %s', (_, schema) => {
  it('become what its input is, a single one a list', () => {
    const sent = { page: '2', open: 'true', tags: 'a', ids: ['1', '2'], name: '7', either: '7' };
    const value = { page: 2, open: true, tags: ['a'], ids: [1, 2], name: '7', either: '7' };
    expect(texts(schema)(sent)).toEqual({ value });
    expect(sent).toEqual({ page: '2', open: 'true', tags: 'a', ids: ['1', '2'], name: '7', either: '7' });
  });

  it('stay texts where they are no such value, and the schema says what is wrong', () => {
    for (const page of ['two', '', '0', '1.5']) {
      expect(texts(schema)({ page }), page).toMatchObject({ errors: [{ pointer: '/page' }] });
    }
    expect(texts(schema)({ page: '1', open: 'yes' })).toMatchObject({ errors: [{ pointer: '/open' }] });
    expect(texts(schema)({})).toMatchObject({ errors: [{ pointer: '/page' }] });
  });

  it('stay as they are in a body of JSON', () => {
    expect(json(schema, { page: 2 })).toEqual({ value: { page: 2 } });
    expect(json(schema, { page: '2' })).toMatchObject({ errors: [{ pointer: '/page' }] });
  });
});

describe('a Standard Schema', () => {
  it('with a type that JSON Schema cannot express converts its texts by itself, and the others are converted', () => {
    const schema = z.object({ page: z.number(), day: z.coerce.date(), big: z.coerce.bigint() });
    expect(texts(schema)({ page: '2', day: '2026-11-29', big: '7' })).toEqual({
      value: { page: 2, day: new Date('2026-11-29'), big: 7n },
    });
    const dates = arktype({ page: 'number', day: 'string.date.parse' });
    expect(texts(dates)({ page: '2', day: '2026-11-29' })).toMatchObject({ value: { page: 2 } });
  });

  it('that cannot describe itself receives texts', () => {
    expect(texts(v.object({ page: v.number() }))({ page: '2' })).toMatchObject({ errors: [{ pointer: '/page' }] });
    expect(texts(v.object({ page: v.string() }))({ page: '2' })).toEqual({ value: { page: '2' } });
  });

  it('fills in its own defaults', () => {
    expect(texts(z.object({ page: z.number().default(1) }))({})).toEqual({ value: { page: 1 } });
    expect(json(z.object({ qty: z.number().default(1) }), {})).toEqual({ value: { qty: 1 } });
  });

  it('may refer to itself', () => {
    const Tree: z.ZodType<unknown> = z.object({ n: z.number(), below: z.array(z.lazy(() => Tree)).optional() });
    expect(texts(Tree)({ n: '1' })).toEqual({ value: { n: 1 } });
  });

  it('does not quote a large value in full', async () => {
    const issues = [{ message: 'x'.repeat(100_000), path: ['a'] }];
    const schema = { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } };
    const verdict = await check(schema, { coerce: false })(1);
    expect(verdict.errors?.[0]?.detail.length).toBeLessThan(600);
  });

  it('has files in a form', async () => {
    const file = new File(['abc'], 'a.txt', { type: 'text/plain' });
    const schema = z.object({ qty: z.number(), doc: z.file().max(3) });
    expect(await form(schema, { qty: '2', doc: file })).toEqual({ value: { qty: 2, doc: file } });
    expect(await form(schema, { qty: '2', doc: new File(['abcd'], 'a.txt') })).toMatchObject({
      errors: [{ pointer: '/doc' }],
    });
    expect(await form(schema, { qty: '2', doc: 'abc' })).toMatchObject({ errors: [{ pointer: '/doc' }] });
  });
});

describe('a schema that only describes itself', () => {
  const described = (input: unknown, output: unknown = input) => ({
    '~standard': { version: 1, vendor: 'test', jsonSchema: { input: () => input, output: () => output } },
  });
  const schema = described({ type: 'object', properties: { n: { type: 'integer', default: 3 } } }, { type: 'string' });

  it('checks requests by its input, with coercion and defaults', () => {
    expect(texts(schema)({ n: '7' })).toEqual({ value: { n: 7 } });
    expect(texts(schema)({})).toEqual({ value: { n: 3 } });
    expect(json(schema, {})).toEqual({ value: { n: 3 } });
    expect(json(schema, { n: '7' })).toEqual({ errors: [{ pointer: '/n', detail: 'must be integer' }] });
  });

  it('checks responses by its output', () => {
    expect(check(schema, { coerce: false })('text')).toEqual({ value: 'text' });
    expect(check(schema, { coerce: false })({})).toEqual({ errors: [{ pointer: '', detail: 'must be string' }] });
  });

  it('is a mistake if it cannot do that, or is no schema then', () => {
    const input = () => {
      throw new Error('no date in JSON');
    };
    const dated = { '~standard': { jsonSchema: { input, output: () => ({}) } } };
    expect(() => compileSchema(dated, { coerce: true })).toThrow('the schema cannot be used: no date in JSON');
    expect(() => compileSchema(described('text'), { coerce: true })).toThrow(TypeError);
  });
});

describe('the defaults of a body', () => {
  const schema = {
    type: 'object',
    properties: {
      qty: { type: 'integer', default: 1 },
      id: { type: 'integer' },
      at: { type: 'object', properties: { x: { type: 'integer', default: 0 } } },
    },
  };

  it('take the place of what is absent, and nothing is converted', () => {
    const sent = { at: {} };
    expect(json(schema, sent)).toEqual({ value: { qty: 1, at: { x: 0 } } });
    expect(sent).toEqual({ at: {} });
    expect(json(schema, { qty: '1' })).toEqual({ errors: [{ pointer: '/qty', detail: 'must be integer' }] });
  });

  it('leave the digits of large integers alone', () => {
    const exact = JSON.parse('{ "list": [1, 2], "__proto__": { "id": 1 } }');
    const rounded = { id: 2 ** 53, ...exact };
    const big = { id: 9007199254740993n, ...exact };
    expect(compileBody(schema)?.json({ rounded, exact: big })).toEqual({ value: { qty: 1, ...big } });
  });

  it('are none of a response', () => {
    expect(check(schema, { coerce: false })({})).toEqual({ value: {} });
  });
});

describe('the form of a JSON Schema', () => {
  const schema = {
    type: 'object',
    properties: {
      qty: { type: 'integer', default: 1 },
      doc: { type: 'string', format: 'binary', maxLength: 3 },
      docs: { type: 'array', items: { $ref: '#/$defs/doc' } },
      note: { type: 'string' },
    },
    $defs: { doc: { type: 'string', format: 'binary' } },
    required: ['doc'],
  };
  const doc = new File(['abc'], 'a.txt');

  it('has numbers, lists and defaults of texts, and files', async () => {
    expect(await form(schema, { qty: '2', doc })).toEqual({ value: { qty: 2, doc } });
    const { value } = (await form(schema, { doc, docs: doc })) as { value: { doc: unknown; docs: unknown[] } };
    expect(value).toEqual({ qty: 1, doc, docs: [doc] });
    expect([value.doc, value.docs[0]].every(each => each === doc)).toBe(true);
  });

  it.each([
    ['a file that is too large', { doc: new File(['abcd'], 'a') }, '/doc', 'must NOT have more than 3 characters'],
    ['no file', {}, '/doc', 'is required'],
    ['a text in place of a file', { doc: 'abc' }, '/doc', 'must be a file of a multipart form'],
    ['one among files', { doc, docs: [doc, 'abc'] }, '/docs', 'must be a file of a multipart form'],
    ['a file in place of a text', { doc, note: doc }, '/note', 'must not be a file'],
  ])('with %s is invalid', async (_, fields, pointer, detail) => {
    expect(await form(schema, fields)).toEqual({ errors: [{ pointer, detail }] });
  });

  it('is the only body that can have its files', () => {
    expect(json(schema, { doc: 'abc' })).toMatchObject({ errors: [{ pointer: '/doc' }] });
  });
});
