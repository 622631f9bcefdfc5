/** Whether a value follows a schema. */
export type Predicate = (value: unknown) => boolean;

/** A schema with the keywords that Portico's own schemas use. */
export interface OwnSchema extends Partial<Arguments> {
  readonly $defs?: Readonly<Record<string, OwnSchema>>;
}

interface Arguments {
  readonly $ref: string;
  readonly anyOf: readonly OwnSchema[];
  readonly type: string | readonly string[];
  readonly const: unknown;
  readonly enum: readonly unknown[];
  readonly isFunction: boolean;
  readonly minLength: number;
  readonly pattern: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly exclusiveMinimum: number;
  readonly minItems: number;
  readonly items: OwnSchema;
  readonly minProperties: number;
  readonly maxProperties: number;
  readonly required: readonly string[];
  readonly dependentRequired: Readonly<Record<string, readonly string[]>>;
  readonly propertyNames: OwnSchema;
  readonly properties: Readonly<Record<string, OwnSchema>>;
  readonly patternProperties: Readonly<Record<string, OwnSchema>>;
  readonly additionalProperties: boolean | OwnSchema;
}

/** Compiles a schema within the one of the keyword, or behind a reference. */
interface Inner {
  readonly compile: (schema: OwnSchema) => Predicate;
  readonly resolve: (ref: string) => Predicate;
}

/**
 * A predicate for one of Portico's own schemas. It only says yes or no: ajv describes mistakes, and is loaded for that
 * alone, because to load it and to compile our schemas takes longer than to load a project of a hundred routes.
 * @param resolve the predicate of the schema behind a `$ref`.
 * @throws TypeError for an unknown keyword, which must not pass unchecked.
 */
export function predicateOf(schema: OwnSchema, resolve: Inner['resolve']): Predicate {
  const inner: Inner = { compile: each => predicateOf(each, resolve), resolve };
  const rules = Object.keys(schema)
    .filter(keyword => !ANNOTATIONS.has(keyword))
    .map(keyword => ruleOf(keyword)(schema, inner));
  return value => rules.every(rule => rule(value));
}

const ANNOTATIONS: ReadonlySet<string> = new Set(['$schema', '$id', '$defs', 'title', 'examples']);

/** A keyword reads its argument, and those of the keywords that it depends on, from the schema that it stands in. */
type Rule = (schema: OwnSchema, inner: Inner) => Predicate;

const RULES: Readonly<Record<keyof Arguments, Rule>> = {
  $ref: ({ $ref = '' }, { resolve }) => {
    // Not before the first value: a schema may refer to itself.
    let behind: Predicate | undefined;
    return value => {
      behind ??= resolve($ref);
      return behind(value);
    };
  },
  anyOf: ({ anyOf = [] }, { compile }) => {
    const choices = anyOf.map(compile);
    return value => choices.some(fits => fits(value));
  },
  type: ({ type = [] }) => {
    const types = [type].flat().map(typeOf);
    return value => types.some(is => is(value));
  },
  const: schema => value => value === schema.const,
  enum: schema => value => schema.enum?.includes(value) === true,
  isFunction:
    ({ isFunction }) =>
    value =>
      (typeof value === 'function') === isFunction,
  minLength: ({ minLength = 0 }) => ofTexts(text => text.length >= minLength && [...text].length >= minLength),
  pattern: ({ pattern = '' }) => {
    const written = new RegExp(pattern, 'u');
    return ofTexts(text => written.test(text));
  },
  minimum: ({ minimum = 0 }) => ofNumbers(number => number >= minimum),
  maximum: ({ maximum = 0 }) => ofNumbers(number => number <= maximum),
  exclusiveMinimum: ({ exclusiveMinimum = 0 }) => ofNumbers(number => number > exclusiveMinimum),
  minItems: ({ minItems = 0 }) => ofLists(list => list.length >= minItems),
  items: ({ items = {} }, { compile }) => {
    const fits = compile(items);
    return ofLists(list => list.every(fits));
  },
  minProperties: ({ minProperties = 0 }) => ofObjects(object => Object.keys(object).length >= minProperties),
  maxProperties: ({ maxProperties = 0 }) => ofObjects(object => Object.keys(object).length <= maxProperties),
  required: ({ required = [] }) => ofObjects(object => has(object, required)),
  dependentRequired: ({ dependentRequired = {} }) => {
    const rows = Object.entries(dependentRequired);
    return ofObjects(object => rows.every(([name, others]) => object[name] === undefined || has(object, others)));
  },
  propertyNames: ({ propertyNames = {} }, { compile }) => {
    const fits = compile(propertyNames);
    return ofObjects(object => namesIn(object).every(fits));
  },
  properties: ({ properties = {} }, { compile }) => {
    const known = Object.entries(properties).map(([name, schema]) => ({ name, fits: compile(schema) }));
    return ofObjects(object => known.every(({ name, fits }) => object[name] === undefined || fits(object[name])));
  },
  patternProperties: ({ patternProperties = {} }, { compile }) => {
    const rows = Object.entries(patternProperties).map(([pattern, schema]) => ({
      names: new RegExp(pattern, 'u'),
      fits: compile(schema),
    }));
    return ofObjects(object =>
      namesIn(object).every(name => rows.every(row => !row.names.test(name) || row.fits(object[name]))),
    );
  },
  additionalProperties: ({ additionalProperties = true, properties = {}, patternProperties = {} }, { compile }) => {
    const fits = typeof additionalProperties === 'boolean' ? () => additionalProperties : compile(additionalProperties);
    const names = new Set(Object.keys(properties));
    const patterns = Object.keys(patternProperties).map(pattern => new RegExp(pattern, 'u'));
    const isKnown = (name: string) => names.has(name) || patterns.some(pattern => pattern.test(name));
    return ofObjects(object => namesIn(object).every(name => isKnown(name) || fits(object[name])));
  },
};

function ruleOf(keyword: string): Rule {
  if (!isKeyword(keyword)) throw new TypeError(`the keyword "${keyword}" is unknown`);
  return RULES[keyword];
}

function isKeyword(keyword: string): keyword is keyof Arguments {
  return Object.hasOwn(RULES, keyword);
}

const TYPES: Readonly<Record<string, Predicate>> = {
  object: isObject,
  array: Array.isArray,
  string: isText,
  number: Number.isFinite,
  integer: Number.isInteger,
  boolean: value => typeof value === 'boolean',
};

function typeOf(name: string): Predicate {
  const is = TYPES[name];
  if (is === undefined) throw new TypeError(`the type "${name}" is unknown`);
  return is;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Inherited names, too: an option counts wherever it is read from. */
function namesIn(object: Readonly<Record<string, unknown>>): readonly string[] {
  const names: string[] = [];
  for (const name in object) names.push(name);
  return names;
}

function has(object: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every(name => object[name] !== undefined);
}

// A keyword accepts every value of another type (JSON Schema 2020-12, validation, section 6).

function ofObjects(fits: (object: Readonly<Record<string, unknown>>) => boolean): Predicate {
  return value => !isObject(value) || fits(value);
}

function ofLists(fits: (list: readonly unknown[]) => boolean): Predicate {
  return value => !Array.isArray(value) || fits(value);
}

function ofTexts(fits: (text: string) => boolean): Predicate {
  return value => !isText(value) || fits(value);
}

function ofNumbers(fits: (number: number) => boolean): Predicate {
  return value => typeof value !== 'number' || fits(value);
}
