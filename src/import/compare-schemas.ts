import { isDeepStrictEqual } from 'node:util';
import { pointerBelow } from '../config/verdict.ts';
import { isObject, type SchemaObject } from '../openapi/schema-object.ts';
import { flattened, type RootedSchema, typesOf } from './flat-schema.ts';

/** A place where a value that one schema allows may not fit another one. */
export interface SchemaDifference {
  /** In the value: a JSON pointer with `*` for each item of a list. */
  readonly pointer: string;
  /** What the one gives and the other does not take. */
  readonly given: string;
  readonly taken: string;
  /** Whether it is a member that the one may leave out and the other requires. */
  readonly isMissing?: boolean;
}

export interface SchemaComparison {
  readonly differences: readonly SchemaDifference[];
  /** Places of schemas that go beyond what is compared. */
  readonly unknown: readonly string[];
}

/**
 * Whether every value that `given` allows fits `taken`, as far as their structure tells: types, members, items, lists
 * of values, bounds, patterns and formats. Members that only one of them names are no difference, unless it requires
 * or forbids them.
 */
export function compareSchemas(given: RootedSchema, taken: RootedSchema): SchemaComparison {
  const found: Found = { differences: [], unknown: [], passed: [] };
  compare(given, taken, '', found);
  return found;
}

interface Found {
  readonly differences: SchemaDifference[];
  readonly unknown: string[];
  /** Pairs that are being compared, so that a recursion ends. */
  readonly passed: (readonly [unknown, unknown])[];
}

function compare(given: RootedSchema, taken: RootedSchema, pointer: string, found: Found): void {
  const { passed } = found;
  if (pointer.split('/').length > MAX_DEPTH) return;
  if (passed.some(([a, b]) => a === given.schema && b === taken.schema)) return;
  if (isDeepStrictEqual(given, taken)) return;
  passed.push([given.schema, taken.schema]);
  const [a, b] = [flattened(given), flattened(taken)];
  const { keywords: rules } = b;
  if (Object.keys(rules).length === 0 && b.beyond.length === 0) return;
  // Parts beyond a comparison are no difference where both have the same ones.
  if (!isSameBeyond(given, taken) && [...a.beyond, ...b.beyond].length > 0) found.unknown.push(pointer);
  const differ = (gives: string, takes: string): void =>
    void found.differences.push({ pointer, given: gives, taken: takes });
  if (compareTypes(a.keywords, rules, differ)) return;
  compareValues(a.keywords, rules, differ);
  compareBounds(a.keywords, rules, differ);
  compareMembers([given, a.keywords], [taken, rules], pointer, found);
  const items = [a.keywords.items, rules.items];
  if (items[1] !== undefined && allows(a.keywords, 'array')) {
    compare({ ...given, schema: items[0] ?? {} }, { ...taken, schema: items[1] }, `${pointer}/*`, found);
  }
}

// Rules that are put together anew at each level have no identity by which a recursion would be seen.
const MAX_DEPTH = 32;

const COMPOSED = ['anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'prefixItems', 'contains', 'patternProperties'];

function isSameBeyond(given: RootedSchema, taken: RootedSchema): boolean {
  const [a, b] = [given.schema, taken.schema];
  if (!isObject(a) || !isObject(b) || '$ref' in a || '$ref' in b || 'allOf' in a || 'allOf' in b) return false;
  return COMPOSED.every(name => isDeepStrictEqual(a[name], b[name]));
}

type Differ = (given: string, taken: string) => void;

function allows(keywords: SchemaObject, type: string): boolean {
  return typesOf(keywords)?.includes(type) ?? true;
}

/** @returns whether nothing else can be compared. */
function compareTypes(given: SchemaObject, taken: SchemaObject, differ: Differ): boolean {
  const takes = typesOf(taken);
  if (takes === undefined) return false;
  const gives = typesOf(given) ?? typesOfValues(valuesOf(given));
  const stray = gives?.filter(type => !takes.includes(type) && !(type === 'integer' && takes.includes('number')));
  if (stray?.length === 0) return false;
  differ(stray === undefined ? 'a value of any type' : listed(stray), listed(takes));
  return stray === undefined || stray.length === gives?.length;
}

function listed(words: readonly unknown[]): string {
  return words.map(word => (typeof word === 'string' ? word : JSON.stringify(word))).join(', ');
}

function valuesOf({ enum: values, const: only, ...rest }: SchemaObject): readonly unknown[] | undefined {
  if (only !== undefined) return [only];
  if (Array.isArray(values)) return values;
  return rest.type === 'boolean' ? [true, false] : undefined;
}

function typesOfValues(values: readonly unknown[] | undefined): readonly string[] | undefined {
  return values && [...new Set(values.map(typeOf))];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function compareValues(given: SchemaObject, taken: SchemaObject, differ: Differ): void {
  const takes = valuesOf(taken);
  if (takes === undefined) return;
  const gives = valuesOf(given);
  const stray = gives?.filter(value => !takes.some(each => isDeepStrictEqual(each, value)));
  if (stray?.length !== 0)
    differ(stray === undefined ? 'any value of its type' : listed(stray), `only ${listed(takes)}`);
}

/** The keywords that bound a value, with the type that they are about. */
const BOUNDS: readonly (readonly [
  keyword: string,
  type: string,
  isFitting: (given: number, taken: number) => boolean,
])[] = [
  ['minLength', 'string', (a, b) => a >= b],
  ['maxLength', 'string', (a, b) => a <= b],
  ['minItems', 'array', (a, b) => a >= b],
  ['maxItems', 'array', (a, b) => a <= b],
  ['minProperties', 'object', (a, b) => a >= b],
  ['maxProperties', 'object', (a, b) => a <= b],
  ['multipleOf', 'number', (a, b) => Number.isInteger(a / b)],
];
/** They have no bound as long as they are absent. */
const NO_LENGTH: ReadonlySet<string> = new Set(['minLength', 'minItems', 'minProperties']);
/** Formats that say how large a number is, or are for people. */
const FREE_FORMATS: ReadonlySet<unknown> = new Set(['float', 'double', 'password', 'binary']);

function compareBounds(given: SchemaObject, taken: SchemaObject, differ: Differ): void {
  // Listed values are compared one by one.
  if (valuesOf(given) !== undefined) return;
  const isAbout = (type: string): boolean => allows(given, type) || (type === 'number' && allows(given, 'integer'));
  for (const [keyword, type, isFitting] of BOUNDS) {
    const [a, b] = [given[keyword], taken[keyword]];
    if (typeof b !== 'number' || !isAbout(type) || (NO_LENGTH.has(keyword) && b === 0)) continue;
    if (keyword === 'multipleOf' && b === 1 && !allows(given, 'number')) continue;
    if (typeof a !== 'number' || !isFitting(a, b)) differ(bound(keyword, a), `${keyword} ${b}`);
  }
  if (isAbout('number')) compareRange(given, taken, differ);
  const isStrict = taken.uniqueItems === true && given.uniqueItems !== true;
  if (isStrict && isAbout('array')) differ('items that may be equal', 'uniqueItems');
  for (const keyword of ['pattern', 'format']) {
    const [a, b] = [given[keyword], taken[keyword]];
    if (b === undefined || a === b || (keyword === 'format' && (FREE_FORMATS.has(b) || isWithin(a, b)))) continue;
    if (isAbout('string') || isAbout('number')) differ(bound(keyword, a), `${keyword} ${JSON.stringify(b)}`);
  }
}

function isWithin(given: unknown, taken: unknown): boolean {
  return given === 'int32' && taken === 'int64';
}

function bound(keyword: string, value: unknown): string {
  return value === undefined ? `values without ${keyword}` : `${keyword} ${JSON.stringify(value)}`;
}

function compareRange(given: SchemaObject, taken: SchemaObject, differ: Differ): void {
  for (const [closed, open, sign] of [
    ['minimum', 'exclusiveMinimum', 1],
    ['maximum', 'exclusiveMaximum', -1],
  ] as const) {
    const [a, b] = [limitOf(given, closed, open, sign), limitOf(taken, closed, open, sign)];
    if (b === undefined) continue;
    const isFitting = a !== undefined && (a.at > b.at || (a.at === b.at && (a.isOpen || !b.isOpen)));
    if (!isFitting) differ(a?.words ?? `values without ${closed}`, b.words);
  }
}

/** The stricter of two limits, on an axis where more is stricter. */
function limitOf(schema: SchemaObject, closed: string, open: string, sign: 1 | -1) {
  const limits = [closed, open].flatMap(keyword => {
    const value = schema[keyword];
    if (typeof value !== 'number') return [];
    return [{ at: sign * value, isOpen: keyword === open, words: `${keyword} ${value}` }];
  });
  return limits.sort((a, b) => b.at - a.at || Number(b.isOpen) - Number(a.isOpen))[0];
}

function compareMembers(
  [given, gives]: readonly [RootedSchema, SchemaObject],
  [taken, takes]: readonly [RootedSchema, SchemaObject],
  pointer: string,
  found: Found,
): void {
  if (!allows(gives, 'object')) return;
  const [from, to] = [membersOf(gives), membersOf(takes)];
  const certain: readonly unknown[] = Array.isArray(gives.required) ? gives.required : [];
  for (const name of Array.isArray(takes.required) ? takes.required : []) {
    if (certain.includes(name)) continue;
    const at = pointerBelow(pointer, String(name));
    found.differences.push({ pointer: at, given: 'no such member', taken: 'a required member', isMissing: true });
  }
  for (const [name, schema] of Object.entries(from)) {
    const at = pointerBelow(pointer, name);
    const other = Object.hasOwn(to, name) ? to[name] : takes.additionalProperties;
    if (other === false) found.differences.push({ pointer: at, given: 'this member', taken: 'no such member' });
    else if (other !== undefined) compare({ ...given, schema }, { ...taken, schema: other }, at, found);
  }
  compareOthers([given, gives], [taken, takes], pointer, found);
}

function compareOthers(
  [given, gives]: readonly [RootedSchema, SchemaObject],
  [taken, takes]: readonly [RootedSchema, SchemaObject],
  pointer: string,
  found: Found,
): void {
  const [from = true, to = true] = [gives.additionalProperties, takes.additionalProperties];
  if (from === false || to === true) return;
  if (to === false) found.differences.push({ pointer, given: 'further members', taken: 'no further members' });
  else if (from !== true) compare({ ...given, schema: from }, { ...taken, schema: to }, `${pointer}/*`, found);
}

function membersOf({ properties }: SchemaObject): SchemaObject {
  return isObject(properties) ? properties : {};
}
