import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../src/config/schema.ts';
import { bytesBody } from '../../src/core/body.ts';
import { GatewayError } from '../../src/core/failure.ts';
import { MockBackends } from '../../src/mock/mock-backends.ts';
import { patternText } from '../../src/mock/pattern-text.ts';
import { SeededRandom } from '../../src/mock/random.ts';
import { exchange, textOf } from '../support/exchange.ts';

const small = fc.nat({ max: 6 });
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(keywords: T) =>
  fc.record(keywords, { requiredKeys: [] });
const text = fc
  .tuple(
    optional({ minLength: small, maxLength: fc.integer({ min: 6, max: 12 }) }),
    fc.oneof(
      fc.constant({}),
      fc.record({
        format: fc.constantFrom(
          'date-time',
          'date',
          'time',
          'email',
          'uri',
          'uuid',
          'hostname',
          'ipv4',
          'ipv6',
          'duration',
          'byte',
          'regex',
          'json-pointer',
        ),
      }),
      fc.record({
        pattern: fc.constantFrom('^[a-f]{2,4}$', '^(ab|cd)+x?$', '^\\d{3}-\\w+$', '[^a-z]', '^(?=a)a$', '\\p{Lu}'),
      }),
    ),
  )
  .map(([lengths, more]) => ({ type: 'string', ...(Object.keys(more).length > 0 ? more : lengths) }));
const number = fc
  .tuple(
    fc.constantFrom('integer', 'number'),
    optional({
      minimum: fc.integer({ min: -20, max: 5 }),
      exclusiveMaximum: fc.integer({ min: 6, max: 20 }),
      multipleOf: fc.constantFrom(1, 2, 0.5, 3),
    }),
  )
  .map(([type, bounds]) => ({ type, ...bounds }));
const leaf = fc.oneof(
  text,
  number,
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: ['null', 'string'] }),
  fc.constant({}),
  fc.constant({ enum: ['a', 1, null] }),
  fc.constant({ const: [1] }),
  fc.constant({ $ref: '#/$defs/Tree' }),
  fc.constant({ $ref: '#/$defs/Leaf' }),
);
const { schema } = fc.letrec<{ schema: object }>(tie => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .tuple(
        fc.dictionary(fc.constantFrom('id', 'name', 'price', 'email', 'x'), tie('schema'), { maxKeys: 4 }),
        fc.boolean(),
        optional({ minProperties: fc.nat({ max: 3 }) }),
      )
      .map(([properties, isAll, more]) => ({
        type: 'object',
        properties,
        ...(isAll && { required: Object.keys(properties) }),
        ...more,
      })),
    fc.record({ type: fc.constant('object'), additionalProperties: tie('schema') }),
    fc
      .tuple(
        tie('schema'),
        optional({ minItems: fc.nat({ max: 3 }), maxItems: fc.integer({ min: 3, max: 5 }), uniqueItems: fc.boolean() }),
      )
      .map(([items, more]) => ({ type: 'array', items, ...more })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map(prefixItems => ({ type: 'array', prefixItems })),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ),
}));
const $defs = {
  Tree: {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string' }, kids: { type: 'array', items: { $ref: '#/$defs/Tree' } } },
  },
  Leaf: { type: 'string', maxLength: 4 },
};

describe('a made value', () => {
  it('fits its schema, or there is a reason, and it is the same for the same request', async () => {
    let made = 0;
    const mock = new MockBackends(1000);
    const respond = async (whole: object, path: string): Promise<unknown> => {
      const site = { name: 'GET /x', service: 's', response: whole, batch: undefined, subjectOf: () => undefined };
      try {
        return JSON.parse(textOf(await mock.handlerOf(site)(exchange({ path }))));
      } catch (error) {
        if (error instanceof GatewayError) return { code: error.code, message: error.message };
        throw error;
      }
    };
    const property = fc.asyncProperty(schema, fc.webPath(), async (generated, path) => {
      const whole = { ...generated, $defs };
      const value = await respond(whole, path);
      expect(await respond(structuredClone(whole), path)).toEqual(value);
      const refusal = Object(value).code === 'mock.unknown_response' ? String(Object(value).message) : undefined;
      if (refusal !== undefined) {
        expect(refusal).toMatch(/ at #?\/| at its root|at # of the schema/);
        return;
      }
      made++;
      expect(await compileSchema(whole, { coerce: false })?.(value)).not.toHaveProperty('errors');
    });
    await fc.assert(property, { numRuns: 300 });
    // Most schemas have a value.
    expect(made).toBeGreaterThan(200);
  });
});

/** The body of a mocked response, or the reason why there is none. */
async function mocked(response: object, body = ''): Promise<unknown> {
  const site = { name: 'POST /x', service: 's', response, batch: undefined, subjectOf: () => undefined };
  try {
    return JSON.parse(
      textOf(
        await new MockBackends(1000).handlerOf(site)(exchange({ path: '/x', body: bytesBody(Buffer.from(body)) })),
      ),
    );
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
}

describe('a value that would be very large', () => {
  it.each([
    ['a text', { type: 'string', minLength: 1e9 }],
    ['a list', { type: 'array', minItems: 1e8 }],
    ['a list beyond the length of lists', { type: 'array', minItems: 1e10 }],
    ['lists of lists', { type: 'array', minItems: 10_000, items: { type: 'array', minItems: 10_000 } }],
    ['texts', { type: 'array', minItems: 3, items: { type: 'string', minLength: 400_000 } }],
    ['members', { type: 'object', minProperties: 1e10 }],
    ['a text by its pattern', { type: 'string', pattern: '^a{1000000000}$' }],
    ['nested repetitions', { type: 'string', pattern: '^((a{1000}){1000}){1000}$' }],
    ['a schema that repeats itself', twice(40)],
  ])(
    'is refused: %s',
    async (_what, response) => {
      expect(await mocked(response)).toContain('the value would be too large');
    },
    10_000,
  );

  it('lacks optional members, and has the required ones', async () => {
    const links = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`e${i}`, { $ref: '#/$defs/E' }]));
    const properties = { ...links, end: { type: 'string' } };
    const E = { type: 'object', required: ['e0', 'end'], properties: { ...properties, e0: { type: 'integer' } } };
    const made = await mocked({ $defs: { E }, $ref: '#/$defs/E' });
    expect(made).toMatchObject({ end: expect.any(String), e0: expect.any(Number) });
    expect(JSON.stringify(made).length).toBeLessThan(1_000_000);
  }, 10_000);
});

/** A schema that stands for 2 ** depth others. */
function twice(depth: number): object {
  const $defs = Object.fromEntries(
    Array.from({ length: depth }, (_, i) => [`D${i}`, { allOf: [0, 1].map(() => ({ $ref: `#/$defs/D${i + 1}` })) }]),
  );
  return { $ref: '#/$defs/D0', $defs: { ...$defs, [`D${depth}`]: { type: 'string' } } };
}

describe('a value', () => {
  it('may be found by an anchor', async () => {
    const $defs = { count: { $anchor: 'count', type: 'integer' } };
    expect(await mocked({ $ref: '#count', $defs })).toEqual(expect.any(Number));
  });

  it('keeps its numbers where the request has no number', async () => {
    const response: object = JSON.parse(
      '{"type":"object","required":["__proto__"],"properties":{"__proto__":{"type":"number"}}}',
    );
    const made = await mocked(response, '{"__proto__":"no number"}');
    expect(Object.entries(Object(made))).toEqual([['__proto__', expect.any(Number)]]);
  });
});

describe('a text for a pattern', () => {
  it('is matched by it', () => {
    const pattern = fc.stringMatching(
      /^(?:[a-c]|\\d|\\w|\[[a-z]\]|\(a\|b\)|\.)(?:[a-c]|\\d|[a-z][*+?]|\[x-z\]\{1,3\})*$/,
    );
    fc.assert(
      fc.property(pattern, fc.nat(), (source, seed) => {
        const made = patternText(source, new SeededRandom(seed, ''));
        expect(made).toMatch(new RegExp(source, 'u'));
      }),
    );
  });

  it.each([
    ['^[A-Za-z0-9_-]+$', 8, 64],
    ['^[0-9a-f]+$', 24, 24],
    ['^[A-Z]{2}-\\d*$', 7, 7],
    ['^(ab|cd)+$', 10, 20],
    ['^\\w{1,64}$', 40, 64],
    ['^[a-z]*[0-9]*$', 0, 0],
  ])('%s has from %i to %i characters', (pattern, min, max) => {
    for (let seed = 0; seed < 20; seed++) {
      const made = patternText(pattern, new SeededRandom(seed, ''), { min, max }) ?? '';
      expect(made).toMatch(new RegExp(pattern, 'u'));
      expect(made.length).toBeGreaterThanOrEqual(min);
      expect(made.length).toBeLessThanOrEqual(max);
    }
  });

  it.each(['(?=a)b', '(a)\\1', '\\p{L}', '\\bword'])('is unknown for %s', pattern => {
    expect(patternText(pattern, new SeededRandom(1, ''))).toBeUndefined();
  });
});
