import { type ExactValue, withExactIntegers } from '../core/exact-json.ts';
import { compileSchema } from './schema.ts';
import { describedSchema, isStandardSchema } from './standard-schema.ts';
import { type TextField, textFieldsOf } from './text-fields.ts';
import { type Check, type CheckVerdict, type Mistake, pointerBelow } from './verdict.ts';

/** How the two kinds of bodies are checked. */
export interface BodyCheck {
  /** The verdict on a parsed JSON text, with all digits of its integers. */
  readonly json: (value: ExactValue) => CheckVerdict | Promise<CheckVerdict>;
  /** The fields of a form: texts and files by name, lists for names that occur more than once. */
  readonly form: (fields: SentFields) => CheckVerdict | Promise<CheckVerdict>;
}

type SentFields = Readonly<Record<string, unknown>>;

const UNCHECKED: Check = value => ({ value });

/** `type<T>()` has nothing to check: the value is what it says it is. */
export const UNCHECKED_BODY: BodyCheck = { json: ({ exact }) => ({ value: exact }), form: UNCHECKED };

/**
 * @returns undefined for `type<T>()`, and for any other schema that accepts everything.
 * @throws TypeError for a schema that cannot be compiled.
 */
export function compileBody(schema: unknown): BodyCheck | undefined {
  const json = compileSchema(schema, { coerce: false, defaults: true });
  if (json === undefined) return undefined;
  let form: BodyCheck['form'] | undefined;
  return {
    json: exactly(isStandardSchema(schema) ? json : withoutFiles(json, fieldsOf(schema))),
    form: sent => {
      // Few routes ever receive a form.
      form ??= formCheck(schema);
      return form(sent);
    },
  };
}

/** With all digits of the integers, where the schema has not made something else of them. */
function exactly(check: Check): BodyCheck['json'] {
  return ({ rounded, exact }) => {
    const verdict = check(rounded);
    if (rounded === exact) return verdict;
    const finish = (known: CheckVerdict): CheckVerdict => {
      if (known.errors !== undefined) return known;
      return { value: known.value === rounded ? exact : withExactIntegers(known.value, exact) };
    };
    return verdict instanceof Promise ? verdict.then(finish) : finish(verdict);
  };
}

function fieldsOf(schema: unknown): ReadonlyMap<string, TextField> {
  return textFieldsOf(describedSchema(schema, 'input'));
}

/** Whether a body has files, so that it is a multipart form. */
export function hasFiles(schema: unknown): boolean {
  return [...fieldsOf(schema).values()].some(({ isFile }) => isFile);
}

/** A text in JSON is no file. */
function withoutFiles(check: Check, fields: ReadonlyMap<string, TextField>): Check {
  const files = [...fields].filter(([, { isFile }]) => isFile).map(([name]) => name);
  if (files.length === 0) return check;
  return value => {
    const errors = files.filter(name => memberOf(value, name) !== undefined).map(mustBeFile);
    return errors.length > 0 ? { errors } : check(value);
  };
}

/** A Standard Schema knows files as `File`, JSON Schema as texts in the format `binary` (OpenAPI). */
function formCheck(schema: unknown): BodyCheck['form'] {
  const check = compileSchema(schema, { coerce: true }) ?? UNCHECKED;
  if (isStandardSchema(schema)) return check;
  const fields = fieldsOf(schema);
  const others = describesOthers(schema) ? TEXT : undefined;
  return async sent => {
    const form = Object.entries(sent);
    const errors = form.flatMap(([name, field]) => misplaced(name, [field].flat(), fields.get(name) ?? others));
    if (errors.length > 0) return { errors };
    const files = form.filter(([, field]) => [field].flat().some(isFile));
    if (files.length === 0) return check(sent);
    const texts = await Promise.all(files.map(async ([name, field]) => [name, await textOf(field)]));
    return withFiles(await check({ ...sent, ...Object.fromEntries(texts) }), files);
  };
}

/** A field that is described without its name: as far as that goes, it is a text. */
const TEXT: TextField = { types: ['string'], items: [], isFile: false };

function describesOthers(schema: unknown): boolean {
  const described = describedSchema(schema, 'input');
  return ['additionalProperties', 'patternProperties'].some(name => typeof memberOf(described, name) === 'object');
}

function misplaced(name: string, values: readonly unknown[], field: TextField | undefined): readonly Mistake[] {
  if (field?.isFile === true) return values.every(isFile) ? [] : [mustBeFile(name)];
  const isText = field !== undefined && field.types.length > 0;
  return isText && values.some(isFile) ? [{ pointer: pointerBelow('', name), detail: 'must not be a file' }] : [];
}

function mustBeFile(name: string): Mistake {
  return { pointer: pointerBelow('', name), detail: 'must be a file of a multipart form' };
}

/** A character for each byte, so that `maxLength` is the size of a file. */
async function textOf(field: unknown): Promise<unknown> {
  if (Array.isArray(field)) return Promise.all(field.map(textOf));
  return isFile(field) ? Buffer.from(await field.arrayBuffer()).toString('latin1') : field;
}

function withFiles(verdict: CheckVerdict, files: readonly (readonly [string, unknown])[]): CheckVerdict {
  if (verdict.errors !== undefined) return verdict;
  const checked = verdict.value ?? {};
  const kept = files.map(([name, field]) => [
    name,
    Array.isArray(memberOf(checked, name)) && !Array.isArray(field) ? [field] : field,
  ]);
  return { value: { ...checked, ...Object.fromEntries(kept) } };
}

function isFile(value: unknown): value is File {
  return value instanceof File;
}

function memberOf(value: unknown, name: string): unknown {
  const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return holds ? value[name as keyof typeof value] : undefined;
}
