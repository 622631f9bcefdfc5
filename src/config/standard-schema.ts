import { type CheckVerdict, MAX_MISTAKES, pointerBelow, shortened } from './verdict.ts';

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };
interface ConverterOptions {
  readonly target: string;
  readonly libraryOptions?: Readonly<Record<string, unknown>>;
}
type Converter = (options: ConverterOptions) => unknown;

/** https://standardschema.dev, version 1: an object or a function (ArkType) that can validate. */
export interface StandardSchema {
  readonly '~standard': {
    readonly vendor?: unknown;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

/** https://standardschema.dev/json-schema, version 1: it can describe itself, and maybe validate as well. */
export interface StandardJsonSchema {
  readonly '~standard': { readonly jsonSchema: { readonly input: Converter; readonly output: Converter } };
}

/** What a client sends has the schema's input type, what it receives the output type. */
type SchemaSide = 'input' | 'output';

const TARGET = 'draft-2020-12';

/** A type that JSON Schema cannot express is any value, in the word of each library: zod, valibot, ArkType. */
const LENIENT = {
  unrepresentable: 'any',
  errorMode: 'ignore',
  fallback: ({ base }: { readonly base: unknown }): unknown => base,
};

export function isStandardSchema(schema: unknown): schema is StandardSchema {
  return typeof memberOf(propsOf(schema), 'validate') === 'function';
}

export function isStandardJsonSchema(schema: unknown): schema is StandardJsonSchema {
  const converters = memberOf(propsOf(schema), 'jsonSchema');
  return typeof memberOf(converters, 'input') === 'function' && typeof memberOf(converters, 'output') === 'function';
}

/** @throws Error of the library for a type that JSON Schema cannot express. */
export function jsonSchemaOf(schema: StandardJsonSchema, side: SchemaSide): unknown {
  return schema['~standard'].jsonSchema[side]({ target: TARGET });
}

/**
 * The JSON Schema of any schema, as far as its library can tell; a Standard Schema that cannot describe itself accepts
 * anything for all that is known.
 */
export function describedSchema(schema: unknown, side: SchemaSide): unknown {
  if (!isStandardJsonSchema(schema)) return isStandardSchema(schema) ? {} : schema;
  try {
    return schema['~standard'].jsonSchema[side]({ target: TARGET, libraryOptions: LENIENT });
  } catch {
    return {};
  }
}

export function standardVerdictOf(schema: StandardSchema, value: unknown): CheckVerdict | Promise<CheckVerdict> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(verdictOf) : verdictOf(result);
}

function verdictOf(result: StandardResult): CheckVerdict {
  if (result.issues === undefined) return { value: result.value };
  const errors = result.issues.slice(0, MAX_MISTAKES).map(({ path = [], message }) => ({
    pointer: path.reduce<string>(
      (pointer, step) => pointerBelow(pointer, String(typeof step === 'object' ? step.key : step)),
      '',
    ),
    detail: shortened(message),
  }));
  return { errors };
}

function propsOf(schema: unknown): unknown {
  return memberOf(schema, '~standard');
}

function memberOf(value: unknown, name: string): unknown {
  const holds = (typeof value === 'object' || typeof value === 'function') && value !== null && name in value;
  return holds ? value[name as keyof typeof value] : undefined;
}
