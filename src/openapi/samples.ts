import { compileSchema } from '../config/schema.ts';
import { pointerBelow } from '../config/verdict.ts';
import type { OpenApiDocument } from './document.ts';
import { isObject } from './schema-object.ts';

/** A `default` or an example that does not fit the schema in which it stands. */
export interface WrongSample {
  /** Of the sample, a JSON pointer into the document. */
  readonly pointer: string;
  readonly detail: string;
}

const SAMPLES = ['default', 'example'];

/** A document whose own examples are wrong misleads those who copy them, and generated clients fail with them. */
export async function wrongSamples(document: OpenApiDocument): Promise<readonly WrongSample[]> {
  const wrong: WrongSample[] = [];
  for (const { pointer, schema, sample } of samplesIn(document, '')) {
    const detail = await mismatch(schema, sample, document.components);
    if (detail !== undefined) wrong.push({ pointer, detail });
  }
  return wrong;
}

interface PlacedSample {
  readonly pointer: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly sample: unknown;
}

function* samplesIn(value: unknown, pointer: string): Generator<PlacedSample> {
  if (typeof value !== 'object' || value === null) return;
  if (isObject(value)) yield* samplesOf(value, pointer);
  for (const [name, member] of Object.entries(value)) {
    yield* samplesIn(member, pointerBelow(pointer, name));
  }
}

/** The samples of one schema. Whatever has a type or names its members is taken for a schema. */
function* samplesOf(schema: Readonly<Record<string, unknown>>, pointer: string): Generator<PlacedSample> {
  if (!['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref', 'properties'].some(name => name in schema)) return;
  for (const name of SAMPLES) {
    if (name in schema) yield { pointer: `${pointer}/${name}`, schema, sample: schema[name] };
  }
  const { examples } = schema;
  if (!Array.isArray(examples)) return;
  for (const [i, sample] of examples.entries()) yield { pointer: `${pointer}/examples/${i}`, schema, sample };
}

async function mismatch(schema: object, sample: unknown, components: unknown): Promise<string | undefined> {
  const verdict = await compileSchema({ ...schema, components }, { coerce: false })?.(sample);
  if (verdict?.errors === undefined) return undefined;
  const [first] = verdict.errors;
  return `${JSON.stringify(sample)} does not fit: ${first?.pointer ?? ''} ${first?.detail ?? ''}`.replace('  ', ' ');
}
