export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'boolean' ? 'boolean' : typeof value === 'string' ? 'string' : 'object';
}

/** Deeper values are not looked at. */
export const MAX_LEVELS = 32;
/** An object with more names has them as keys of a table. */
const MAX_MEMBERS = 60;
const KEY_LIKE = /^(?:\d+|[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f-]{27})$/i;

/** What all recorded values at one place of a JSON have in common: a union over them. */
export class JsonShape {
  /** How many values there were. */
  count = 0;
  readonly types = new Map<JsonType, number>();
  readonly members = new Map<string, JsonShape>();
  /** Of all items of all arrays. */
  items: JsonShape | undefined;
  #table: JsonShape | undefined;

  learn(value: unknown, level = 0): void {
    const type = jsonTypeOf(value);
    this.count++;
    this.types.set(type, (this.types.get(type) ?? 0) + 1);
    if (level >= MAX_LEVELS) return;
    if (Array.isArray(value)) {
      for (const item of value) {
        this.items ??= new JsonShape();
        this.items.learn(item, level + 1);
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, each] of Object.entries(value)) this.#member(name).learn(each, level + 1);
    }
  }

  /** The number of objects. */
  get objects(): number {
    return this.types.get('object') ?? 0;
  }

  /** The names that every object had. */
  get required(): readonly string[] {
    return [...this.members].filter(([, { count }]) => count === this.objects).map(([name]) => name);
  }

  /** The shape of every member, if the names are keys of a table (ids, dates); undefined for an ordinary object. */
  get table(): JsonShape | undefined {
    if (this.#table !== undefined) return this.#table;
    const names = [...this.members.keys()];
    const areKeys = names.length > 0 && names.every(name => KEY_LIKE.test(name));
    const haveNothingInCommon = this.objects > 1 && names.length > 1 && this.required.length === 0;
    if (!areKeys && !haveNothingInCommon && names.length <= MAX_MEMBERS) return undefined;
    this.#table = new JsonShape();
    for (const member of this.members.values()) this.#table.#add(member);
    return this.#table;
  }

  #member(name: string): JsonShape {
    let member = this.members.get(name);
    if (member === undefined) {
      member = new JsonShape();
      this.members.set(name, member);
    }
    return member;
  }

  #add(other: JsonShape): void {
    this.count += other.count;
    for (const [type, count] of other.types) this.types.set(type, (this.types.get(type) ?? 0) + count);
    for (const [name, member] of other.members) this.#member(name).#add(member);
    if (other.items === undefined) return;
    this.items ??= new JsonShape();
    this.items.#add(other.items);
  }
}
