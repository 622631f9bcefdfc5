import { readFileSync } from 'node:fs';
import { type OwnSchema, type Predicate, predicateOf } from './schema-predicate.ts';

export type StructureKind = 'route' | 'service' | 'defaults' | 'gateway';

const FILES = ['policy', 'route', 'service', 'defaults', 'gateway'];

const schemas = new Map<string, OwnSchema>();
const predicates = new Map<string, Predicate>();

/** Portico's own schemas, for ajv. */
export function ownSchemas(): readonly OwnSchema[] {
  return FILES.map(name => schemaIn(`${name}.schema.json`));
}

/** Whether a value follows one of Portico's own schemas. */
export function follows(kind: StructureKind, value: unknown): boolean {
  return predicateAt(`${kind}.schema.json`, '')(value);
}

/** @param ref from a file to one of its definitions, or to one of another file: `policy.schema.json#/$defs/cache`. */
function predicateAt(file: string, ref: string): Predicate {
  const [named, name = ''] = ref.split('#/$defs/');
  const home = named || file;
  const key = `${home}#${name}`;
  const predicate = predicates.get(key) ?? predicateOf(schemaAt(home, name), inner => predicateAt(home, inner));
  predicates.set(key, predicate);
  return predicate;
}

function schemaAt(file: string, name: string): OwnSchema {
  const root = schemaIn(file);
  const schema = name === '' ? root : root.$defs?.[name];
  if (schema === undefined) throw new Error(`no "${name}" in ${file}`);
  return schema;
}

// Two folders below the package root, for src/config-loader and dist/config-loader alike.
function schemaIn(file: string): OwnSchema {
  const url = new URL(`../../schemas/portico/${file}`, import.meta.url);
  const schema: OwnSchema = schemas.get(file) ?? JSON.parse(readFileSync(url, 'utf8'));
  schemas.set(file, schema);
  return schema;
}
