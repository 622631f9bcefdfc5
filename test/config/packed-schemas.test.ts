import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';

const FOLDER = new URL('../../schemas/portico/', import.meta.url);

interface Schema {
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schemas = new Map<string, Schema>(
  readdirSync(FOLDER).map(name => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))]),
);

function objectsIn(of: unknown): readonly Schema[] {
  if (typeof of !== 'object' || of === null) return [];
  const below = Object.values(of).flatMap(objectsIn);
  return 'properties' in of && typeof of.properties === 'object' ? [of as Schema, ...below] : below;
}

it('accepts no unknown option', () => {
  const open = [...schemas.values()]
    .flatMap(objectsIn)
    .filter(({ additionalProperties }) => additionalProperties === undefined);
  // A Call is made by a service and never written by hand, so its members are listed here.
  expect(open).toEqual([expect.objectContaining({ propertyNames: { enum: ['service', 'pattern', 'path'] } })]);
});

it('is JSON Schema 2020-12', () => {
  const ajv = new Ajv2020({ allowUnionTypes: true });
  ajv.addKeyword({ keyword: 'isFunction', schemaType: 'boolean' });
  for (const schema of schemas.values()) expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
});
