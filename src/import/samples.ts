import { compileSchema } from '../config/schema.ts';
import { MAP_KEYWORDS, VALUE_KEYWORDS } from '../config/subschemas.ts';
import { type Converted, type ConvertedObject, isMembers, SchemaReference } from './converted-schema.ts';
import type { ImportReport } from './import-report.ts';
import type { Placed } from './references.ts';
import { type SchemaUnits, targetsIn } from './schema-units.ts';

/** Leaves out each `default` and example that does not fit its own schema: `portico openapi` refuses them. */
export function withoutWrongSamples(
  { value, pointer }: Placed<Converted>,
  units: SchemaUnits,
  report: ImportReport,
): Converted {
  const fitting = (schema: Converted): Converted => {
    if (schema instanceof SchemaReference) {
      const beside = fitting(schema.beside);
      return isMembers(beside) ? new SchemaReference(schema.target, withOwn(beside, schema)) : schema;
    }
    if (Array.isArray(schema)) return schema.map(fitting);
    if (!isMembers(schema)) return schema;
    const inner = Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, below(name, each)]));
    return withOwn(inner, schema);
  };
  const below = (name: string, part: Converted): Converted => {
    if (VALUE_KEYWORDS.has(name)) return part;
    if (!MAP_KEYWORDS.has(name) || !isMembers(part)) return fitting(part);
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, fitting(each)]));
  };
  const withOwn = (members: ConvertedObject, schema: SchemaReference | ConvertedObject): ConvertedObject => {
    const { default: preset, examples, ...rest } = members;
    if (preset === undefined && !Array.isArray(examples)) return members;
    const isFitting = checkOf(schema, units);
    const kept = Array.isArray(examples) ? examples.filter(isFitting) : [];
    const isPresetKept = preset !== undefined && isFitting(preset);
    const dropped =
      (Array.isArray(examples) ? examples.length : 0) - kept.length + (preset === undefined || isPresetKept ? 0 : 1);
    if (dropped > 0) report.note(pointer, 'a default or an example in it does not fit its own schema, and is left out');
    return { ...rest, ...(isPresetKept && { default: preset }), ...(kept.length > 0 && { examples: kept }) };
  };
  return fitting(value);
}

function checkOf(schema: Converted, units: SchemaUnits): (sample: unknown) => boolean {
  const whole = selfContained(schema, units);
  try {
    const check = compileSchema(whole, { coerce: false });
    return sample => {
      const verdict = check?.(sample);
      return verdict === undefined || ('value' in verdict && verdict.errors === undefined);
    };
  } catch {
    // What is wrong with the schema itself is reported by itself.
    return () => true;
  }
}

/** A schema with all that it refers to in its `$defs`. */
function selfContained(schema: Converted, units: SchemaUnits): object {
  const keys = new Set(targetsIn(schema));
  for (const key of keys) for (const next of targetsIn(units.get(key)?.schema ?? {})) keys.add(next);
  const places = new Map([...keys].map((key, i) => [key, `u${i}`] as const));
  const plain = (part: Converted): unknown => {
    if (part instanceof SchemaReference)
      return { $ref: `#/$defs/${places.get(part.target)}`, ...Object(plain(part.beside)) };
    if (Array.isArray(part)) return part.map(plain);
    if (!isMembers(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, plain(each)]));
  };
  const $defs = Object.fromEntries([...places].map(([key, name]) => [name, plain(units.get(key)?.schema ?? {})]));
  const whole = plain(schema);
  return { ...(typeof whole === 'boolean' ? { allOf: [whole] } : Object(whole)), ...(places.size > 0 && { $defs }) };
}
