import { compileSchema } from '../config/schema.ts';
import { pointerBelow } from '../config/verdict.ts';
import { isObject, type SchemaObject } from '../openapi/schema-object.ts';
import {
  type Conversion,
  type Converted,
  type ConvertedObject,
  isList,
  isMembers,
  SchemaReference,
} from './converted-schema.ts';
import { readOnlyNames } from './sides.ts';

/** Keywords that hold a schema. */
const NESTED: ReadonlySet<string> = new Set([
  ...['not', 'if', 'then', 'else', 'additionalProperties', 'propertyNames', 'unevaluatedProperties'],
  ...['items', 'contains', 'unevaluatedItems'],
]);
const LISTED: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAPPED: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas']);
const KEPT: ReadonlySet<string> = new Set(
  `type enum const default examples title description deprecated readOnly writeOnly
  dependentRequired minProperties maxProperties minItems maxItems uniqueItems minContains maxContains
  minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
  contentEncoding contentMediaType`.split(/\s+/),
);

/** A Schema Object of OpenAPI 3.0 to 3.2 as JSON Schema 2020-12. */
export function converted(schema: unknown, pointer: string, conversion: Conversion): Converted {
  if (typeof schema === 'boolean') return schema;
  if (!isObject(schema)) {
    conversion.report.mistake(pointer, 'a schema is an object', 'write a schema, or remove it');
    return {};
  }
  if (typeof schema.$ref !== 'string') return withNull(schema, members(schema, pointer, conversion));
  const target = conversion.references.target(schema.$ref, pointer);
  if (target === undefined) return {};
  const { $ref: _, ...beside } = schema;
  // OpenAPI 3.0 §4.7.23.2: whatever stands beside a reference is ignored; but this is meant.
  if (conversion.isOldDialect) return withNull(schema, new SchemaReference(target.pointer, {}));
  return new SchemaReference(target.pointer, members(beside, pointer, conversion));
}

function members(schema: SchemaObject, pointer: string, conversion: Conversion): ConvertedObject {
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]): readonly (readonly [string, Converted])[] => {
      const at = pointerBelow(pointer, keyword);
      if (NESTED.has(keyword)) return [[keyword, converted(value, at, conversion)]];
      if (LISTED.has(keyword) && Array.isArray(value)) {
        return [[keyword, value.map((each, i) => converted(each, `${at}/${i}`, conversion))]];
      }
      if (MAPPED.has(keyword) && isObject(value)) return [[keyword, mapped(keyword, value, at, conversion)]];
      return adapted(keyword, value, { schema, pointer, conversion });
    }),
  );
}

function mapped(keyword: string, schemas: SchemaObject, at: string, conversion: Conversion): ConvertedObject {
  const usable = Object.entries(schemas).filter(
    ([name]) => keyword !== 'patternProperties' || isUsablePattern(name, pointerBelow(at, name), conversion),
  );
  return Object.fromEntries(
    usable.map(([name, schema]) => [name, converted(schema, pointerBelow(at, name), conversion)]),
  );
}

interface Surroundings {
  readonly schema: SchemaObject;
  readonly pointer: string;
  readonly conversion: Conversion;
}

/** A keyword without schemas in it, in JSON Schema 2020-12. Unknown ones have no effect and are left out. */
function adapted(keyword: string, value: unknown, around: Surroundings): readonly (readonly [string, Converted])[] {
  const { schema, pointer, conversion } = around;
  const at = pointerBelow(pointer, keyword);
  switch (keyword) {
    case 'required': {
      if (!Array.isArray(value)) return [[keyword, plain(value)]];
      const others = readOnlyNames(schema, pointer, conversion);
      const required = value.filter(name => !others.has(name));
      return required.length === 0 ? [] : [[keyword, plain(required)]];
    }
    case 'example':
      return 'examples' in schema ? [] : [['examples', [plain(value)]]];
    case 'format':
      // The gateway refuses a format that it cannot check.
      return [[isKnownFormat(value) ? keyword : 'x-format', plain(value)]];
    case 'pattern':
      return [[isUsablePattern(value, at, conversion) ? keyword : 'x-pattern', plain(value)]];
    case 'minimum':
    case 'maximum': {
      const exclusive = keyword === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum';
      return [[schema[exclusive] === true ? exclusive : keyword, plain(value)]];
    }
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return typeof value === 'boolean' ? [] : [[keyword, plain(value)]];
    case 'discriminator':
      conversion.report.note(at, 'it is left out: alternatives are distinguished by their own schemas');
      return [];
    case '$dynamicRef':
    case '$recursiveRef':
      conversion.report.note(at, 'this kind of reference is not followed: anything is accepted here');
      return [];
    default:
      return KEPT.has(keyword) ? [[keyword, plain(value)]] : [];
  }
}

/** Values of a parsed document are JSON. */
function plain(value: unknown): Converted {
  return value as Converted;
}

/** OpenAPI 3.0 §4.7.24: `nullable`. Without a type it is taken for what its author meant. */
function withNull(schema: SchemaObject, made: Converted): Converted {
  if (schema.nullable !== true) return made;
  if (isMembers(made) && typeof made.type === 'string') {
    const { enum: values } = made;
    const type: Converted = [made.type, 'null'];
    return { ...made, type, ...(Array.isArray(values) && { enum: withoutTwins([...values, null]) }) };
  }
  return { anyOf: [withoutWrapper(made), { type: 'null' }] };
}

/** In 3.0 `allOf` around a single reference exists for what stands beside it. */
function withoutWrapper(schema: Converted): Converted {
  const { allOf = [], ...rest } = isMembers(schema) ? schema : {};
  const [only, ...more] = isList(allOf) ? allOf : [];
  return only === undefined || more.length > 0 || Object.keys(rest).length > 0 ? schema : only;
}

function withoutTwins(values: readonly Converted[]): readonly Converted[] {
  return [...new Set(values)];
}

const knownFormats = new Map<string, boolean>();

/** The gateway's own compiler decides. */
function isKnownFormat(format: unknown): boolean {
  if (typeof format !== 'string') return true;
  const known = knownFormats.get(format) ?? compiles({ type: 'string', format });
  knownFormats.set(format, known);
  return known;
}

function isUsablePattern(pattern: unknown, at: string, { report }: Conversion): boolean {
  if (typeof pattern !== 'string' || compiles({ type: 'string', pattern })) return true;
  report.note(at, 'the pattern is not checked: it is no regular expression with the flag u (ECMA-262)');
  return false;
}

function compiles(schema: object): boolean {
  try {
    compileSchema(schema, { coerce: false });
    return true;
  } catch {
    return false;
  }
}
