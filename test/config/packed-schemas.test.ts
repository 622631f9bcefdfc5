import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DEFAULTS } from '../../src/config/defaults.ts';

const FOLDER = new URL('../../schemas/portico/', import.meta.url);

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly additionalProperties?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schemas = new Map<string, Schema>(
  readdirSync(FOLDER).map(name => [name, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))]),
);

function schema(name: string): Schema {
  const found = schemas.get(`${name}.schema.json`);
  if (found === undefined) throw new Error(`no schema ${name}`);
  return found;
}

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

it.each([...schemas.keys()])('describes every option of %s', name => {
  const shared = schema('policy').$defs ?? {};
  const silent = objectsIn(schemas.get(name))
    .filter(({ additionalProperties }) => additionalProperties === false)
    .flatMap(({ properties = {} }) => Object.entries(properties))
    .filter(
      ([, option]) => (option.description ?? shared[option.$ref?.split('/').at(-1) ?? '']?.description) === undefined,
    );
  expect(silent.map(([option]) => option)).toEqual([]);
});

it('states the effective defaults', () => {
  const said = (name: string, option: string) => schema('policy').$defs?.[name]?.properties?.[option]?.description;
  for (const [option, value] of Object.entries(DEFAULTS.timeout))
    expect(said('timeouts', option)).toContain(`Default ${value}`);
  for (const [option, value] of Object.entries(DEFAULTS.breaker)) {
    expect(said('breakerPolicy', option)).toContain(`Default ${value}`);
  }
  for (const [option, value] of Object.entries(DEFAULTS.retry))
    expect(said('retryPolicy', option)).toContain(`Default ${value}`);
  expect(schema('service').properties?.concurrency?.description).toContain(`Default '${DEFAULTS.service.concurrency}'`);
  const gateway = schema('gateway').properties;
  expect(gateway?.limits?.properties?.body?.description).toContain(`Default ${DEFAULTS.limits.body}`);
  expect(gateway?.cache?.properties?.memory?.description).toContain(`Default ${DEFAULTS.cache.memory}`);
});
