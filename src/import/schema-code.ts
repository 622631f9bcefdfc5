import { type Converted, type ConvertedObject, isList, isMembers, SchemaReference } from './converted-schema.ts';
import { groupsOf, type SchemaGroup } from './schema-groups.ts';
import type { SchemaUnit, SchemaUnits } from './schema-units.ts';
import { Identifier, type SourceObject, type SourceValue, SPREAD } from './source-value.ts';

/** A constant of a schema module. */
export interface SchemaConstant {
  readonly name: string;
  readonly value: SourceValue;
  /** Whether only its own module uses it. */
  readonly isLocal?: boolean;
}

/** Keywords that say nothing about which values fit. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'deprecated',
  'readOnly',
  'writeOnly',
  'examples',
  'default',
]);

/** The schemas of a document as code, in modules that import one another without a circle. */
export class SchemaCode {
  readonly groups: readonly SchemaGroup[];
  readonly #units: SchemaUnits;
  readonly #service: string;
  readonly #groupOf: ReadonlyMap<string, SchemaGroup>;
  readonly #constants = new Map<string, unknown>();

  constructor(units: SchemaUnits, service: string) {
    this.#units = units;
    this.#service = service;
    this.groups = groupsOf(units);
    this.#groupOf = new Map(this.groups.flatMap(group => group.units.map(unit => [unit.key, group] as const)));
    for (const { name, value } of this.groups.flatMap(group => this.constantsOf(group))) {
      this.#constants.set(name, this.valueOf(value));
    }
  }

  /**
   * A schema that refers to itself has an `$id`, by which it does so wherever it stands. The first of a group has the
   * others in its `$defs`: two texts with one `$id` would be ambiguous. The others are the same text without the `$id`,
   * so that each has its type, and find what they refer to in the first.
   */
  constantsOf({ units, isLinked }: SchemaGroup): readonly SchemaConstant[] {
    const [head, ...others] = units;
    if (head === undefined) return [];
    const own = (unit: SchemaUnit): SourceValue => this.code(unit.schema, this.#groupOf.get(unit.key));
    if (!isLinked) return [{ name: head.name, value: own(head) }];
    // Names of schemas begin with a capital or a `_`.
    const text = ({ name }: SchemaUnit): string => `own${name}`;
    const spread = (unit: SchemaUnit): SourceObject => ({ [SPREAD]: new Identifier(text(unit)) });
    const $defs = Object.fromEntries(others.map(unit => [unit.name, { $id: this.#id(unit), ...spread(unit) }]));
    const first = { $id: this.#id(head), ...membersOf(own(head)), ...(others.length > 0 && { $defs }) };
    return [
      ...others.map(unit => ({ name: text(unit), value: membersOf(own(unit)), isLocal: true })),
      { name: head.name, value: first },
      ...others.map(unit => ({
        name: unit.name,
        value: { ...spread(unit), $defs: { [head.name]: new Identifier(head.name) } },
      })),
    ];
  }

  /** A schema as code. @param group of the constant that it stands in. */
  code(schema: Converted, group?: SchemaGroup): SourceValue {
    if (schema instanceof SchemaReference) return this.#reference(schema, group);
    if (isList(schema)) return schema.map(each => this.code(each, group));
    return isMembers(schema) ? this.#members(schema, group) : schema;
  }

  #members(schema: ConvertedObject, group: SchemaGroup | undefined): SourceObject {
    return Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, this.code(each, group)]));
  }

  #reference({ target, beside }: SchemaReference, group: SchemaGroup | undefined): SourceValue {
    const unit = this.#units.get(target);
    const other = this.#groupOf.get(target);
    if (unit === undefined || other === undefined) return {};
    const around = this.#members(beside, group);
    if (other === group) return { $ref: this.#id(unit), ...around };
    const name = new Identifier(unit.name);
    const keywords = Object.keys(beside);
    if (keywords.length === 0) return name;
    const isSpread = !other.isLinked && keywords.every(keyword => ANNOTATIONS.has(keyword));
    return isSpread ? { [SPREAD]: name, ...around } : { allOf: [name], ...around };
  }

  /** One segment of a URL reference, so that it is the same wherever it stands. */
  #id({ name }: SchemaUnit): string {
    return `${this.#service}.${name}`;
  }

  /** The value that code has at run time. */
  valueOf(code: SourceValue): unknown {
    if (code instanceof Identifier) return this.#constants.get(code.name);
    if (Array.isArray(code)) return code.map(each => this.valueOf(each));
    if (typeof code !== 'object' || code === null) return code;
    const entries = Object.entries(code).flatMap(([name, each]): (readonly [string, unknown])[] => {
      const value = this.valueOf(each);
      return name === SPREAD ? Object.entries(value ?? {}) : [[name, value]];
    });
    return Object.fromEntries(entries);
  }
}

function membersOf(value: SourceValue): SourceObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Identifier)
    ? (value as SourceObject)
    : { allOf: [value] };
}
