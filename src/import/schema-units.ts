import { isObject } from '../openapi/schema-object.ts';
import { converted } from './convert-schema.ts';
import { type Conversion, type Converted, isMembers, type MessageSide, SchemaReference } from './converted-schema.ts';
import { fileName, typeName } from './names.ts';
import type { DocumentReading } from './operations.ts';
import type { Placed } from './references.ts';
import { isOneSided } from './sides.ts';

/** A schema of the document that others refer to. It becomes a constant of a module. */
export interface SchemaUnit {
  /** JSON pointer, with the side where requests and responses differ. */
  readonly key: string;
  readonly pointer: string;
  /** Of the constant. */
  readonly name: string;
  readonly schema: Converted;
}

const COMPONENT = /^\/components\/schemas\/[^/]+$/;

/** The schemas of a document that its operations use, each converted once for each side on which it differs. */
export class SchemaUnits {
  readonly #reading: DocumentReading;
  readonly #units = new Map<string, SchemaUnit>();
  readonly #targets = new Map<string, readonly string[]>();
  readonly #ownSides = new Map<string, boolean>();
  readonly #differences = new Map<string, boolean>();

  constructor(reading: DocumentReading) {
    this.#reading = reading;
  }

  /** In the order in which operations refer to them. */
  get all(): readonly SchemaUnit[] {
    return [...this.#units.values()];
  }

  get(key: string): SchemaUnit | undefined {
    return this.#units.get(key);
  }

  /** A schema of an operation. The schemas that it refers to become units. */
  convert({ value, pointer }: Placed, side: MessageSide): Converted {
    const made = converted(value, pointer, this.#conversion(side));
    for (const target of targetsIn(made)) this.#add(target, side);
    return keyed(made, target => this.#key(target, side));
  }

  #conversion(side: MessageSide): Conversion {
    const { document, references, report } = this.#reading;
    return { isOldDialect: document.isOldDialect, side, references, report };
  }

  #add(target: string, side: MessageSide): void {
    const key = this.#key(target, side);
    if (this.#units.has(key)) return;
    const value = this.#valueAt(target);
    // One that consists of a reference to itself says nothing, and is reported.
    this.#reading.references.object(value, target);
    // Known before its own references are followed, which may lead back to it.
    this.#units.set(key, { key, pointer: target, name: '', schema: {} });
    const name = typeName(nameIn(target)) + (key !== target && side === 'request' ? 'Request' : '');
    const schema = this.convert({ pointer: target, value }, side);
    this.#units.set(key, { key, pointer: target, name, schema });
  }

  #valueAt(pointer: string): unknown {
    return this.#reading.references.target(`#${encodeURI(pointer)}`, pointer)?.value;
  }

  #key(target: string, side: MessageSide): string {
    const known = this.#differences.get(target) ?? this.#differs(target);
    this.#differences.set(target, known);
    return known ? `${side} ${target}` : target;
  }

  /** Whether a schema, or one that it leads to, differs between requests and responses. */
  #differs(target: string): boolean {
    const reached = new Set([target]);
    for (const each of reached) {
      if (this.#isOneSided(each)) return true;
      for (const next of this.#targetsOf(each)) reached.add(next);
    }
    return false;
  }

  #isOneSided(target: string): boolean {
    const known = this.#ownSides.get(target) ?? isOneSided(this.#valueAt(target), target, this.#conversion('response'));
    this.#ownSides.set(target, known);
    return known;
  }

  #targetsOf(target: string): readonly string[] {
    const known =
      this.#targets.get(target) ??
      referencesIn(this.#valueAt(target)).flatMap(
        reference => this.#reading.references.target(reference, target)?.pointer ?? [],
      );
    this.#targets.set(target, known);
    return known;
  }

  /** Puts another schema in the place of each. */
  change(other: (unit: SchemaUnit) => Converted): void {
    const changed = this.all.map((unit): SchemaUnit => ({ ...unit, schema: other(unit) }));
    for (const unit of changed) this.#units.set(unit.key, unit);
  }

  /** Units whose constants or files would have the same name, and those without a name. */
  reportNames(): void {
    const files = new Map<string, SchemaUnit>();
    for (const unit of this.#units.values()) {
      const other = files.get(fileName(unit.name));
      files.set(fileName(unit.name), other ?? unit);
      const { report } = this.#reading;
      const remedy = 'give the schema another name in the document';
      if (unit.name === '') report.mistake(unit.pointer, 'its name has no letter, so code cannot name it', remedy);
      else if (other !== undefined) {
        report.mistake(unit.pointer, `it would have the same file as ${other.pointer}: ${unit.name}`, remedy);
      }
    }
  }
}

/** `Product` for a component; a schema elsewhere is called after the way to it. */
function nameIn(pointer: string): string {
  const steps = pointer.split('/').map(step => step.replaceAll('~1', '-').replaceAll('~0', '-'));
  return COMPONENT.test(pointer) ? (steps.at(-1) ?? '') : steps.slice(-4).join('-');
}

function* referencesOf(schema: Converted): Generator<SchemaReference> {
  if (schema instanceof SchemaReference) {
    yield schema;
    yield* referencesOf(schema.beside);
  } else if (Array.isArray(schema)) for (const each of schema) yield* referencesOf(each);
  else if (isMembers(schema)) for (const each of Object.values(schema)) yield* referencesOf(each);
}

/** What a schema refers to: JSON pointers, or keys of units. */
export function targetsIn(schema: Converted): readonly string[] {
  return [...new Set([...referencesOf(schema)].map(({ target }) => target))];
}

function keyed(schema: Converted, keyOf: (target: string) => string): Converted {
  if (schema instanceof SchemaReference) {
    const beside = keyed(schema.beside, keyOf);
    return new SchemaReference(keyOf(schema.target), isMembers(beside) ? beside : {});
  }
  if (Array.isArray(schema)) return schema.map(each => keyed(each, keyOf));
  if (!isMembers(schema)) return schema;
  return Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, keyed(each, keyOf)]));
}

/** Those of a schema as the document has it. */
function referencesIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(referencesIn);
  if (!isObject(schema)) return [];
  const own = typeof schema.$ref === 'string' ? [schema.$ref] : [];
  return [...own, ...Object.values(schema).flatMap(referencesIn)];
}
