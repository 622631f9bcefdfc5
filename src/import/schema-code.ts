import { type Converted, type ConvertedObject, isList, isMembers, SchemaReference } from './converted-schema.ts';
import { type SchemaUnit, type SchemaUnits, targetsIn } from './schema-units.ts';
import { Identifier, type SourceObject, type SourceValue, SPREAD } from './source-value.ts';

/** Units in one module: one, or several that refer to one another in a circle. */
export interface SchemaGroup {
  readonly units: readonly SchemaUnit[];
  readonly isRecursive: boolean;
}

/** A constant of a schema module. */
export interface SchemaConstant {
  readonly name: string;
  readonly value: SourceValue;
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
   * A schema that refers to itself has an `$id`, by which it does so wherever it stands. The first of a circle has the
   * others in its `$defs`, and they are references into it: two texts with one `$id` would be ambiguous.
   */
  constantsOf({ units, isRecursive }: SchemaGroup): readonly SchemaConstant[] {
    const [head, ...others] = units;
    if (head === undefined) return [];
    const own = (unit: SchemaUnit): SourceValue => this.code(unit.schema, this.#groupOf.get(unit.key));
    if (!isRecursive) return [{ name: head.name, value: own(head) }];
    const named = (unit: SchemaUnit): SourceObject => ({ $id: this.#id(unit), ...membersOf(own(unit)) });
    const $defs = Object.fromEntries(others.map(unit => [unit.name, named(unit)]));
    return [
      { name: head.name, value: { ...named(head), ...(others.length > 0 && { $defs }) } },
      ...others.map(unit => ({
        name: unit.name,
        value: { $ref: this.#id(unit), $defs: { [head.name]: new Identifier(head.name) } },
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
    const isSpread = !other.isRecursive && keywords.every(keyword => ANNOTATIONS.has(keyword));
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

/** Strongly connected units, each group behind those that it refers to (Tarjan 1972). */
function groupsOf(units: SchemaUnits): readonly SchemaGroup[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const groups: SchemaGroup[] = [];
  const visit = (key: string): number => {
    const index = order.size;
    order.set(key, index);
    open.push(key);
    let low = index;
    const targets = targetsIn(units.get(key)?.schema ?? {});
    for (const target of targets) {
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
    }
    lowest.set(key, low);
    if (low === index) {
      const keys = open.splice(open.indexOf(key));
      const members = keys.flatMap(each => units.get(each) ?? []);
      groups.push({ units: members, isRecursive: members.length > 1 || targets.includes(key) });
    }
    return low;
  };
  for (const { key } of units.all) if (!order.has(key)) visit(key);
  return groups;
}
