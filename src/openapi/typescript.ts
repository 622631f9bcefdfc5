import { isObject, type SchemaObject } from './schema-object.ts';

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/** Writes JSON Schemas of a document as TypeScript types. A schema that is referred to becomes a type with a name. */
export class TypeWriter {
  readonly #document: unknown;
  readonly #names = new Map<string, string>();
  readonly #declarations = new Map<string, string>();

  constructor(document: unknown) {
    this.#document = document;
  }

  /** The named types so far, in the order of their names. */
  get declarations(): readonly string[] {
    return [...this.#declarations]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, type]) => `export type ${name} = ${type};`);
  }

  typeOf(schema: unknown): string {
    if (schema === false) return 'never';
    if (!isObject(schema)) return 'unknown';
    const parts = [
      typeof schema.$ref === 'string' ? this.#named(schema.$ref) : undefined,
      'const' in schema ? literal(schema.const) : undefined,
      Array.isArray(schema.enum) ? union(schema.enum.map(literal)) : this.#ofTypes(schema),
      this.#joined(schema.anyOf, union),
      this.#joined(schema.oneOf, union),
      this.#joined(schema.allOf, intersection),
    ];
    return intersection(parts.filter(part => part !== undefined));
  }

  #joined(schemas: unknown, join: (types: readonly string[]) => string): string | undefined {
    return Array.isArray(schemas) ? join(schemas.map(schema => this.typeOf(schema))) : undefined;
  }

  #ofTypes(schema: SchemaObject): string | undefined {
    const { type } = schema;
    const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
    if (types.length > 0) return union(types.map(each => this.#ofType(each, schema)));
    if ('properties' in schema || 'additionalProperties' in schema) return this.#object(schema);
    return 'items' in schema || 'prefixItems' in schema ? this.#array(schema) : undefined;
  }

  #ofType(type: unknown, schema: SchemaObject): string {
    switch (type) {
      case 'object':
        return this.#object(schema);
      case 'array':
        return this.#array(schema);
      case 'integer':
        return 'number';
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return type;
      default:
        return 'unknown';
    }
  }

  #object({ properties, required, additionalProperties }: SchemaObject): string {
    const needed = Array.isArray(required) ? required : [];
    const members = Object.entries(isObject(properties) ? properties : {}).map(([name, member]) => {
      const key = IDENTIFIER.test(name) ? name : JSON.stringify(name);
      return `${key}${needed.includes(name) ? '' : '?'}: ${this.typeOf(member)}`;
    });
    if (members.length > 0) return `{ ${members.join('; ')} }`;
    return additionalProperties === false
      ? 'Record<string, never>'
      : `Record<string, ${this.typeOf(additionalProperties)}>`;
  }

  #array({ items, prefixItems }: SchemaObject): string {
    if (!Array.isArray(prefixItems)) return `${inParentheses(this.typeOf(items))}[]`;
    const first = prefixItems.map(item => this.typeOf(item));
    const rest = items === false ? [] : [`...${inParentheses(this.typeOf(items))}[]`];
    return `[${[...first, ...rest].join(', ')}]`;
  }

  #named(reference: string): string {
    const known = this.#names.get(reference);
    if (known !== undefined) return known;
    const name = this.#nameFor(reference);
    this.#names.set(reference, name);
    // The name is known before its type is written, because the type may refer to itself.
    this.#declarations.set(name, this.typeOf(resolved(this.#document, reference)));
    return name;
  }

  #nameFor(reference: string): string {
    const words = reference.replace(/^#\/components\/schemas\//, '').split(/[^A-Za-z0-9]+/);
    // The prefix keeps it apart from the types of the platform and of the client.
    const base = `Api${words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
    const taken = new Set(this.#names.values());
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}${i}`;
    return name;
  }
}

/** Undefined, which is written as `unknown`, for a reference that leads nowhere or to another document. */
export function resolved(document: unknown, reference: string): unknown {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined;
  const steps = reference.split('/').slice(1);
  return steps.reduce<unknown>((value, step) => {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? value[name as keyof typeof value]
      : undefined;
  }, document);
}

/** A reference that is wrongly encoded leads nowhere. */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${literal(member)}`);
  return `{ ${members.join('; ')} }`;
}

function union(types: readonly string[]): string {
  const all = [...new Set(types)];
  if (all.includes('unknown')) return 'unknown';
  return all.length === 0 ? 'never' : all.join(' | ');
}

function intersection(types: readonly string[]): string {
  const all = [...new Set(types)].filter(type => type !== 'unknown');
  if (all.length === 0) return 'unknown';
  return all.length === 1 ? (all[0] ?? 'unknown') : all.map(inParentheses).join(' & ');
}

function inParentheses(type: string): string {
  return /[|&]/.test(type) ? `(${type})` : type;
}
