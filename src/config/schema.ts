import { createRequire } from 'node:module';
import type { Ajv2020, AnySchemaObject, ErrorObject, Options } from 'ajv/dist/2020.js';
import { boundsOf } from './bounds.ts';
import { COUNTED, withCountedReferences } from './counted-references.ts';
import { isSimple, linearPattern, type Pattern } from './linear-pattern.ts';
import { withSingleIds } from './single-ids.ts';
import { isSmallValue } from './small-value.ts';
import {
  describedSchema,
  isStandardJsonSchema,
  isStandardSchema,
  jsonSchemaOf,
  type StandardSchema,
  standardVerdictOf,
} from './standard-schema.ts';
import { type TextField, textFieldsOf } from './text-fields.ts';
import { areUnique } from './unique-items.ts';
import { compiledOnce } from './valid-schemas.ts';
import { valuesIn } from './values-in.ts';
import { type Check, MAX_MISTAKES, type Mistake, pointerBelow } from './verdict.ts';

export type { Check, CheckVerdict } from './verdict.ts';

/** The number of references that may be followed for any value, and for each value within it. */
const FREE_REFERENCES = 10_000;
const REFERENCES_A_VALUE = 8;
let references = 0;
let maxReferences = FREE_REFERENCES;
let checked: unknown;

/** URLs are not longer, and ajv's `url` format takes quadratic time: a second for 20 kB. */
const MAX_URL = 2_048;

const OPTIONS: Options = {
  // JSON Schema 2020-12 allows custom annotations (OpenAPI's `example`, a vendor's `x-...`).
  strict: false,
  // Only own properties count, so `constructor` and `__proto__` are ordinary names.
  ownProperties: true,
  // Validated separately, for readable messages.
  validateSchema: false,
  logger: { log: () => undefined, warn: refuseSchema, error: refuseSchema },
  // ajv needs the text only for standalone code, which is not used here. V8 does what ajv would optimise: the checks
  // are as fast without, and a schema compiles in a third of the time.
  code: { regExp: Object.assign(patternOf, { code: '' }), optimize: false },
};

/** What a value is, which decides how its schema is read. */
type SchemaUse =
  /** Texts of a path, a query or a form: they become what the schema says, and absent ones their `default`. */
  | 'texts'
  /** A parsed request body: what is absent becomes its `default`. */
  | 'body'
  /** A response: it stays as it is. */
  | 'response';

const USES: Readonly<Record<SchemaUse, Options>> = {
  texts: { ...OPTIONS, coerceTypes: 'array', useDefaults: true },
  body: { ...OPTIONS, useDefaults: true },
  response: OPTIONS,
};
const compilersOf: Readonly<Record<SchemaUse, () => Compilers>> = {
  texts: lazy(() => compilers(USES.texts)),
  body: lazy(() => compilers(USES.body)),
  response: lazy(() => compilers(USES.response)),
};
const compiled: Readonly<Record<SchemaUse, WeakMap<object, Check>>> = {
  texts: new WeakMap(),
  body: new WeakMap(),
  response: new WeakMap(),
};

/**
 * Compiles a schema to a validator: JSON Schema 2020-12 (as TypeBox makes it), any Standard Schema, or anything that
 * describes itself by Standard JSON Schema, by its input for requests and its output for responses. The input of a
 * validator is never changed.
 * @param options.coerce whether a string is converted to the number or boolean of a schema, a single value to a list,
 * and an absent value to its `default`: for params, query and forms.
 * @param options.defaults whether an absent value is converted to its `default` alone: for bodies.
 * @returns undefined for `type<T>()`, and for any other schema that accepts everything.
 * @throws TypeError for an invalid schema, or one that cannot be compiled.
 */
export function compileSchema(
  schema: unknown,
  options: { readonly coerce: boolean; readonly defaults?: boolean },
): Check | undefined {
  const use = options.coerce ? 'texts' : options.defaults === true ? 'body' : 'response';
  if (schema === undefined || schema === true) return undefined;
  if (isStandardSchema(schema)) return once(schema, use, () => standardCheck(schema, use));
  const written = isStandardJsonSchema(schema)
    ? withReason(() => jsonSchemaOf(schema, use === 'response' ? 'output' : 'input'))
    : schema;
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new TypeError('a schema is a JSON Schema object, a TypeBox schema, a Standard Schema or type<T>()');
  }
  if (Object.keys(written).length === 0) return undefined;
  const needed = use === 'body' && !hasDefault(written, 0) ? 'response' : use;
  return once(written, needed, () => jsonSchemaCheck(written, needed));
}

function once(schema: object, use: SchemaUse, compile: () => Check): Check {
  const check = compiled[use].get(schema) ?? compile();
  compiled[use].set(schema, check);
  return check;
}

/** A value is copied only for a schema that may add to it. */
function hasDefault(schema: unknown, depth: number): boolean {
  if (typeof schema !== 'object' || schema === null || depth > MAX_DEPTH) return false;
  return 'default' in schema || Object.values(schema).some(each => hasDefault(each, depth + 1));
}

const MAX_DEPTH = 64;

/** A Standard Schema checks, converts and fills in by itself; only texts become first what it expects. */
function standardCheck(schema: StandardSchema, use: SchemaUse): Check {
  const toValues = use === 'texts' ? textConverter(textFieldsOf(describedSchema(schema, 'input'))) : undefined;
  return value => standardVerdictOf(schema, toValues === undefined ? value : toValues(value));
}

/** Converts texts by the types of their fields, as ajv does; a text that is no such value stays. */
function textConverter(fields: ReadonlyMap<string, TextField>): ((value: unknown) => unknown) | undefined {
  const typed = [...fields].filter(([, { types, isFile }]) => types.length > 0 && !isFile);
  if (typed.every(([, { types }]) => types.includes('string'))) return undefined;
  const properties = Object.fromEntries(
    typed.map(([name, { types, items }]) => [
      name,
      { type: types, ...(items.length === 0 ? {} : { items: { type: items } }) },
    ]),
  );
  const { all } = compilersOf.texts();
  const convert = compile(all, { type: 'object', properties });
  return value => {
    if (typeof value !== 'object' || value === null) return value;
    const texts = Object.entries(value).filter(([name]) => Object.hasOwn(properties, name));
    const converted = structuredClone(Object.fromEntries(texts));
    convert(converted);
    return { ...value, ...converted };
  };
}

/** The two modes of ajv: up to the first mistake, and all mistakes. */
interface Compilers {
  readonly first: Ajv2020;
  readonly all: Ajv2020;
}

function compilers(options: Options): Compilers {
  return { first: withFormats(options), all: withFormats({ ...options, allErrors: true }) };
}

/**
 * Checks maximums first, then the rest up to the first mistake, and collects all mistakes only for small values, so
 * that no client input blocks the event loop by its size.
 */
function jsonSchemaCheck(given: object, use: SchemaUse): Check {
  const schema = withSingleIds(given);
  if ('$async' in schema) throw new TypeError('the schema is "$async", which no request can wait for');
  const { first, all } = compilersOf[use]();
  const changes = use !== 'response';
  const counted = withCountedReferences(schema);
  const compiledFirst = lazy(() => compile(first, counted));
  // Most schemas never see a second mistake, and compiling is most of what a schema costs at a start.
  const validateAll = lazy(() => compile(all, counted));
  const bounds = lazy(() => ({ validate: compiledBounds(schema) }));
  compiledOnce(counted, use, () => [compiledFirst(), bounds()]);
  return sent => {
    begin(sent);
    const validate = compiledFirst();
    const validateBounds = bounds().validate;
    try {
      if (validateBounds?.(sent) === false) return { errors: mistakesOf(validateBounds.errors) };
      const value = changes ? structuredClone(sent) : sent;
      if (validate(value)) return { value };
      if (!isSmallValue(sent)) return { errors: mistakesOf(validate.errors) };
      const every = validateAll();
      every(changes ? structuredClone(sent) : sent);
      return { errors: mistakesOf(every.errors) };
    } catch (error) {
      if (error instanceof RangeError) return { errors: [{ pointer: '', detail: 'is nested too deep' }] };
      throw error;
    }
  };
}

function mistakesOf(errors: readonly ErrorObject[] | null | undefined): readonly Mistake[] {
  return (errors ?? []).slice(0, MAX_MISTAKES).map(mistakeOf);
}

function compiledBounds(schema: object) {
  const bounds = boundsOf(schema);
  if (bounds === undefined) return undefined;
  try {
    return compile(compilersOf.response().first, bounds);
  } catch {
    // A referenced schema without maximums is checked with the rest.
    return undefined;
  }
}

function compile(ajv: Ajv2020, schema: object) {
  const known = new Set(Object.keys(ajv.refs));
  try {
    return withReason(() => {
      if (ajv.validateSchema(schema) === false) throw new Error(firstMistake(ajv.errors));
      return ajv.compile(schema);
    });
  } finally {
    // Two schemas may share an `$id`, so each is compiled alone.
    ajv.removeSchema(schema);
    // What ajv keeps of an `$id` within a schema.
    for (const id of Object.keys(ajv.refs)) if (!known.has(id)) delete ajv.refs[id];
  }
}

function withReason<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`the schema cannot be used: ${reason}`, { cause: error });
  }
}

function firstMistake(errors: readonly ErrorObject[] | null | undefined): string {
  const [mistake] = (errors ?? []).map(mistakeOf);
  return mistake === undefined ? 'it does not follow JSON Schema 2020-12' : `${mistake.pointer} ${mistake.detail}`;
}

function mistakeOf(error: ErrorObject): Mistake {
  const missing: unknown = error.params.missingProperty;
  if (typeof missing === 'string') return { pointer: pointerBelow(error.instancePath, missing), detail: 'is required' };
  const extra: unknown = error.params.additionalProperty ?? error.params.unevaluatedProperty;
  if (typeof extra === 'string') return { pointer: pointerBelow(error.instancePath, extra), detail: 'is unknown' };
  return { pointer: error.instancePath, detail: detailOf(error) };
}

function detailOf(error: ErrorObject): string {
  if (error.keyword === 'enum' && Array.isArray(error.params.allowedValues)) {
    return `must be one of ${error.params.allowedValues.map(value => JSON.stringify(value)).join(', ')}`;
  }
  if (error.keyword === 'const') return `must be ${JSON.stringify(error.params.allowedValue)}`;
  if (error.keyword === 'false schema') return 'is not allowed';
  return error.message ?? `does not fit "${error.keyword}"`;
}

/** How a definition differs from Portico's own schemas; the loader turns it into a message. */
export interface SchemaMismatch {
  readonly path: readonly string[];
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The position in the schema: `#/$defs/duration/pattern`. */
  readonly rule: string;
  /** The schema that the value violates. */
  readonly expected: AnySchemaObject;
  readonly value: unknown;
}

/**
 * The check of one of Portico's own schemas by its `$id`. They may refer to one another, and use one more keyword:
 * `isFunction`. Each is compiled at its first use.
 * @throws Error for an invalid schema.
 */
export function structureCompiler(
  schemas: readonly AnySchemaObject[],
): (id: string) => (value: unknown) => readonly SchemaMismatch[] {
  // `npm test` validates the schemas themselves: compiling the schema of schemas takes as long as compiling ours.
  const ajv = newAjv({ allErrors: true, verbose: true, validateSchema: false, allowUnionTypes: true });
  ajv.addKeyword({
    keyword: 'isFunction',
    schemaType: 'boolean',
    validate: (wanted: boolean, value: unknown) => (typeof value === 'function') === wanted,
  });
  for (const schema of schemas) ajv.addSchema(schema);
  return id => {
    const validate = ajv.getSchema(id);
    if (validate === undefined) throw new Error(`no schema "${id}"`);
    return value => (validate(value) === true ? [] : (validate.errors ?? []).map(mismatchOf));
  };
}

function mismatchOf(error: ErrorObject): SchemaMismatch {
  const path = error.instancePath.split('/').slice(1);
  return {
    path: path.map(step => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    keyword: error.keyword,
    params: error.params,
    rule: error.schemaPath,
    expected: error.parentSchema ?? {},
    value: error.data,
  };
}

/** Loaded at the first use, because most projects have no JSON Schema. */
function newAjv(options: Options): Ajv2020 {
  const library: typeof import('ajv/dist/2020.js') = createRequire(import.meta.url)('ajv/dist/2020.js');
  return new library.Ajv2020(options);
}

function withFormats(options: Options): Ajv2020 {
  const formats: typeof import('ajv-formats') = createRequire(import.meta.url)('ajv-formats');
  const ajv = newAjv(options);
  formats.default(ajv);
  const url = ajv.formats.url;
  if (url instanceof RegExp) ajv.addFormat('url', text => text.length <= MAX_URL && url.test(text));
  ajv.addKeyword({
    keyword: COUNTED,
    schemaType: 'boolean',
    errors: false,
    validate: () => {
      if (++references > maxReferences) allowMore();
      return true;
    },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have equal items' },
    validate: (wanted: boolean, items: readonly unknown[]) => !wanted || areUnique(items),
  });
  return ajv;
}

function begin(value: unknown): void {
  references = 0;
  maxReferences = FREE_REFERENCES;
  checked = value;
}

/**
 * Values are counted only when the free references are used up. @throws RangeError for a schema that visits the same
 * values again and again.
 */
function allowMore(): void {
  if (maxReferences === FREE_REFERENCES)
    maxReferences = Math.max(FREE_REFERENCES, REFERENCES_A_VALUE * valuesIn(checked)) + 1;
  if (references > maxReferences) throw new RangeError('too many references');
}

const warned = new Set<string>();

/**
 * JavaScript's own engine for patterns that it matches quickly, otherwise a linear-time one. @throws SyntaxError for an
 * invalid pattern.
 */
function patternOf(pattern: string): Pattern {
  const written = new RegExp(pattern, 'u');
  if (isSimple(pattern)) return written;
  const linear = linearPattern(pattern);
  if (linear !== undefined) return linear;
  if (!warned.has(pattern)) {
    warned.add(pattern);
    const reason = 'it has a lookaround or a backreference and several repetitions; limit its text with maxLength';
    process.emitWarning(`the pattern ${JSON.stringify(pattern)} may be slow for some texts: ${reason}`, {
      type: 'PorticoWarning',
      code: 'PORTICO_SLOW_PATTERN',
    });
  }
  return written;
}

// ajv only warns about an unknown format and then ignores it, so a declared check would never run.
function refuseSchema(...words: readonly unknown[]): never {
  throw new TypeError(words.join(' ').replace(/ ignored in schema at path .*/, ''));
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
