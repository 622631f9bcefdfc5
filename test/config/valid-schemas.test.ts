import { expect, it } from 'vitest';
import { compileSchema } from '../../src/config/schema.ts';
import { compiledOnce, rememberSchemas, validSchemas } from '../../src/config/valid-schemas.ts';

const NUMBER = { type: 'object', properties: { n: { type: 'integer', maximum: 9 } }, required: ['n'] };
const TYPO = { type: 'object', properties: { n: { type: 'integr' } } };

/** How often a schema is compiled. */
function compilations(schema: object, use: string): number {
  let times = 0;
  compiledOnce(schema, use, () => times++);
  return times;
}

it('schemas that another process has compiled are compiled at their first use, and others at once', () => {
  // Until a process remembers, each schema is compiled.
  expect([compilations(NUMBER, 'body'), compilations(NUMBER, 'body'), validSchemas()]).toEqual([1, 1, '']);
  rememberSchemas();
  expect([compilations(NUMBER, 'body'), compilations(NUMBER, 'body'), compilations(NUMBER, 'response')]).toEqual([
    1, 0, 1,
  ]);
  const digests = validSchemas();
  rememberSchemas(digests);
  expect([compilations(NUMBER, 'body'), compilations({ ...NUMBER, title: 'n' }, 'body')]).toEqual([0, 1]);
  expect(validSchemas()).toHaveLength(digests.length + digests.length / 2);
});

it('a schema that does not compile is never taken for valid', () => {
  rememberSchemas();
  for (let i = 0; i < 2; i++)
    expect(() => compileSchema({ ...TYPO }, { coerce: false })).toThrow('the schema cannot be used');
  expect(validSchemas()).toBe('');
});

it('a schema that is compiled at its first use checks the same', () => {
  rememberSchemas();
  compileSchema({ ...NUMBER }, { coerce: true });
  rememberSchemas(validSchemas());
  const check = compileSchema({ ...NUMBER }, { coerce: true });
  expect(check?.({ n: '7' })).toEqual({ value: { n: 7 } });
  expect(check?.({ n: '10' })).toMatchObject({ errors: [{ pointer: '/n' }] });
  expect(check?.({})).toMatchObject({ errors: [{ pointer: '/n', detail: 'is required' }] });
});
