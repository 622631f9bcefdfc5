import { joinedRules } from '../config/joined-rules.ts';
import { isObject, type JsonObject } from '../config/json-object.ts';
import { referenced } from '../config/referenced.ts';
import { pointerBelow } from '../config/verdict.ts';
import { SeededRandom } from './random.ts';
import { type NamedPlace, numberIn, numberOf, textOf } from './scalars.ts';
import { TOO_LARGE, Unmockable } from './unmockable.ts';

/** Levels below which optional members and items are left out, so that a recursion ends. */
const SHALLOW = 4;
/** Levels below which nothing is made: such a schema requires itself. */
const DEEP = 24;
const ITEMS = 3;
/** Schemas that are read for one value, and how many of them before optional members are left out. */
const MAX_SCHEMAS = 20_000;
const ENOUGH_SCHEMAS = 4_000;
/** Characters of all texts of one value. */
const MAX_TEXT = 1_000_000;

/** A place in the value. */
interface Place extends NamedPlace {
  readonly schema: unknown;
  /** A JSON pointer into the value, with which its random numbers begin. */
  readonly pointer: string;
  readonly depth: number;
}

/**
 * Makes values of one JSON Schema. A value is a function of the schema, the seed and the attempt, and is not checked
 * here: an attempt may miss what `not` or `oneOf` ask for.
 */
export class ValueGenerator {
  readonly #root: unknown;
  readonly #seed: number;
  readonly #attempt: number;
  readonly #targets = new Map<string, unknown>();
  #schemas = 0;
  #text = 0;

  /** @param attempt from 0; only the first uses examples. */
  constructor(root: unknown, seed: number, attempt: number) {
    this.#root = root;
    this.#seed = seed;
    this.#attempt = attempt;
  }

  /** @throws Unmockable for a schema without a value, or whose values cannot be made. */
  value(): unknown {
    return this.#value({ schema: this.#root, at: '', pointer: '', name: '', depth: 0 });
  }

  #value(place: Place): unknown {
    const { schema, at, depth } = place;
    if (schema === false) throw new Unmockable(at, 'no value fits "false"');
    if (depth > DEEP) throw new Unmockable(at, 'the schema requires itself without an end');
    const rules = this.#rules(schema, place, []);
    const sample = this.#attempt === 0 ? sampleOf(rules) : undefined;
    if (sample !== undefined) return sample.value;
    if ('const' in rules) return rules.const;
    const random = this.#random(place);
    if (Array.isArray(rules.enum)) {
      if (rules.enum.length === 0) throw new Unmockable(at, 'no value fits an empty "enum"');
      return random.pick(rules.enum);
    }
    return this.#ofType(this.#type(rules, place, random), rules, place, random);
  }

  #random({ pointer }: Place): SeededRandom {
    return new SeededRandom(this.#seed, `${this.#attempt}${pointer}`);
  }

  /** The keywords of a schema without references, and with one of its alternatives. */
  #rules(schema: unknown, place: Place, passed: readonly string[]): JsonObject {
    if (schema === false) throw new Unmockable(place.at, 'no value fits "false"');
    if (++this.#schemas > MAX_SCHEMAS) throw new Unmockable(place.at, TOO_LARGE);
    if (!isObject(schema)) return {};
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    const parts: JsonObject[] = [own];
    if (typeof $ref === 'string') {
      const target = this.#target($ref);
      if (target === undefined || passed.includes($ref))
        throw new Unmockable(place.at, `"$ref" leads nowhere: ${$ref}`);
      parts.push(this.#rules(target, place, [...passed, $ref]));
    }
    if (Array.isArray(allOf)) parts.push(...allOf.map(each => this.#rules(each, place, passed)));
    for (const alternatives of [anyOf, oneOf]) {
      if (Array.isArray(alternatives)) parts.push(this.#rules(this.#alternative(alternatives, place), place, passed));
    }
    return parts.reduce((joined, part) => joinedRules(joined, part).rules);
  }

  #target(reference: string): unknown {
    const target = this.#targets.get(reference) ?? referenced(this.#root, reference);
    this.#targets.set(reference, target);
    return target;
  }

  /** Far down the one that ends soonest; of several attempts each has another one. */
  #alternative(alternatives: readonly unknown[], place: Place): unknown {
    const usable = alternatives.filter(each => each !== false && !(isObject(each) && each.type === 'null'));
    const simple = alternatives.filter(each => isObject(each) && isSimple(each));
    const list = place.depth >= SHALLOW && simple.length > 0 ? simple : usable.length > 0 ? usable : alternatives;
    if (list.length === 0) throw new Unmockable(place.at, 'there are no alternatives');
    const first = new SeededRandom(this.#seed, `alternative${place.pointer}`).between(0, list.length - 1);
    return list[(first + this.#attempt) % list.length];
  }

  #type(rules: JsonObject, { at, depth }: Place, random: SeededRandom): string {
    const types = [rules.type ?? impliedType(rules)].flat().filter(type => typeof type === 'string');
    if (types.length === 0) throw new Unmockable(at, 'no type fits');
    const others = types.filter(type => type !== 'null');
    if (types.includes('null') && (others.length === 0 || depth >= SHALLOW)) return 'null';
    const simple = others.filter(type => type !== 'object' && type !== 'array');
    return random.pick(depth >= SHALLOW && simple.length > 0 ? simple : others);
  }

  #ofType(type: string, rules: JsonObject, place: Place, random: SeededRandom): unknown {
    switch (type) {
      case 'null':
        return null;
      case 'boolean':
        return random.next() < 0.5;
      case 'string':
        return this.#spent(textOf(rules, { ...place, room: MAX_TEXT - this.#text }, random));
      case 'integer':
      case 'number':
        return numberOf(rules, type === 'integer', place, random);
      case 'array':
        return this.#list(rules, place, random);
      case 'object':
        return this.#object(rules, place, random);
      default:
        throw new Unmockable(place.at, `"${type}" is no type`);
    }
  }

  #spent(text: string): string {
    this.#text += text.length;
    return text;
  }

  /** @throws Unmockable where more values are needed than may be made. */
  #reserve(count: number, { at }: Place): void {
    if (count > MAX_SCHEMAS - this.#schemas) throw new Unmockable(at, TOO_LARGE);
  }

  #object(rules: JsonObject, place: Place, random: SeededRandom): JsonObject {
    const properties = isObject(rules.properties) ? rules.properties : {};
    const required = (Array.isArray(rules.required) ? rules.required : []).map(String);
    const max = numberIn(rules.maxProperties) ?? Number.POSITIVE_INFINITY;
    const optional = place.depth >= SHALLOW ? [] : Object.keys(properties).filter(name => !required.includes(name));
    const names = [...new Set([...required, ...optional.slice(0, Math.max(0, max - required.length))])];
    const entries = names.flatMap((name): readonly (readonly [string, unknown])[] => {
      const own = Object.hasOwn(properties, name);
      const schema = own ? properties[name] : rules.additionalProperties;
      const at = own ? pointerBelow(`${place.at}/properties`, name) : `${place.at}/additionalProperties`;
      const below = { schema: schema ?? true, at, pointer: pointerBelow(place.pointer, name), name };
      return this.#member(name, { ...below, depth: place.depth + 1 }, required.includes(name));
    });
    const others = this.#others(rules, place, entries.length, random);
    return Object.fromEntries([...entries, ...others]);
  }

  /** An optional member for which there is no value is left out. */
  #member(name: string, place: Place, isRequired: boolean): readonly (readonly [string, unknown])[] {
    if (!isRequired && this.#schemas > ENOUGH_SCHEMAS) return [];
    try {
      return [[name, this.#value(place)]];
    } catch (error) {
      if (isRequired || !(error instanceof Unmockable)) throw error;
      return [];
    }
  }

  /** Members of names that the schema leaves open. */
  #others(
    rules: JsonObject,
    place: Place,
    count: number,
    random: SeededRandom,
  ): readonly (readonly [string, unknown])[] {
    const { additionalProperties, properties } = rules;
    const min = numberIn(rules.minProperties) ?? 0;
    const isMap = isObject(additionalProperties) && properties === undefined && place.depth < SHALLOW;
    const wanted = Math.min(isMap ? Math.max(min, 2) : min, numberIn(rules.maxProperties) ?? Number.POSITIVE_INFINITY);
    const missing = Math.max(0, wanted - count);
    if (missing > 0 && additionalProperties === false) throw new Unmockable(place.at, '"minProperties" is not reached');
    this.#reserve(missing, place);
    return Array.from({ length: missing }, (_, i): readonly [string, unknown] => {
      const name = isObject(rules.propertyNames)
        ? String(
            this.#value({
              ...place,
              schema: rules.propertyNames,
              at: `${place.at}/propertyNames`,
              pointer: `${place.pointer}/~${i}`,
              depth: place.depth + 1,
            }),
          )
        : `${random.hex(4)}${i}`;
      const at = `${place.at}/additionalProperties`;
      const schema = additionalProperties ?? true;
      return [
        name,
        this.#value({ schema, at, pointer: pointerBelow(place.pointer, name), name, depth: place.depth + 1 }),
      ];
    });
  }

  #list(rules: JsonObject, place: Place, random: SeededRandom): readonly unknown[] {
    const tuple = Array.isArray(rules.prefixItems) ? rules.prefixItems : [];
    const min = Math.max(
      numberIn(rules.minItems) ?? 0,
      rules.contains === undefined ? 0 : (numberIn(rules.minContains) ?? 1),
    );
    this.#reserve(min, place);
    const max = numberIn(rules.maxItems) ?? Number.POSITIVE_INFINITY;
    const isOpen = rules.items !== false && (rules.items !== undefined || tuple.length === 0);
    const usual = place.depth >= SHALLOW ? min : Math.max(min, tuple.length, isOpen ? random.between(1, ITEMS) : 0);
    const count = Math.min(usual, max);
    const items: unknown[] = [];
    const known = new Set<string>();
    // Items that must differ may need some more tries.
    for (let i = 0; items.length < count && i < 2 * count + 50; i++) {
      const item = this.#item(rules, tuple, items.length, {
        ...place,
        pointer: `${place.pointer}/${i}`,
        depth: place.depth + 1,
      });
      const text = JSON.stringify(item);
      if (rules.uniqueItems !== true || !known.has(text)) items.push(item);
      known.add(text);
    }
    if (items.length < min) throw new Unmockable(place.at, 'there are not enough different items');
    return items;
  }

  #item(rules: JsonObject, tuple: readonly unknown[], index: number, place: Place): unknown {
    if (index < tuple.length) {
      return this.#value({ ...place, schema: tuple[index], at: `${place.at}/prefixItems/${index}` });
    }
    const [schema, word] = rules.contains === undefined ? [rules.items, 'items'] : [joinedItems(rules), 'contains'];
    return this.#value({ ...place, schema: schema ?? true, at: `${place.at}/${word}` });
  }
}

function joinedItems({ items, contains }: JsonObject): unknown {
  return items === undefined ? contains : { allOf: [items, contains] };
}

/** An alternative that does not lead on. */
function isSimple({ $ref, type, allOf, anyOf, oneOf, properties }: JsonObject): boolean {
  const leadsOn = [$ref, allOf, anyOf, oneOf, properties].some(each => each !== undefined);
  return !leadsOn && type !== 'object' && type !== 'array';
}

/** What the schema itself gives for a value. */
export function sampleOf({ examples, example, default: preset }: JsonObject): { readonly value: unknown } | undefined {
  if (Array.isArray(examples) && examples.length > 0) return { value: examples[0] };
  if (example !== undefined) return { value: example };
  return preset === undefined ? undefined : { value: preset };
}

/** A schema without a type is about values of the type that its keywords are about. */
function impliedType(rules: JsonObject): string {
  const has = (...keywords: readonly string[]): boolean => keywords.some(keyword => rules[keyword] !== undefined);
  if (has('properties', 'required', 'additionalProperties', 'minProperties', 'propertyNames')) return 'object';
  if (has('items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains')) return 'array';
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf')) return 'number';
  return 'string';
}
