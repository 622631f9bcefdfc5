/**
 * A list of header fields in wire order: name, value, name, value, ... Lists are shared between exchanges and cache
 * entries, so they are immutable and every change gives a new list.
 */
export class HeaderList {
  static readonly empty = new HeaderList([]);

  readonly flat: readonly string[];
  /**
   * The shared first part of a list with single-use fields at its end, so that results computed from it can be reused.
   */
  readonly stem: HeaderList | undefined;

  constructor(flat: readonly string[], stem?: HeaderList) {
    this.flat = flat;
    this.stem = stem;
  }

  static of(fields: Readonly<Record<string, string>>): HeaderList {
    return new HeaderList(Object.entries(fields).flat());
  }

  /** The first value of a field; `name` is in lower case. */
  get(name: string): string | undefined {
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (isNamed(flat[i], name)) return flat[i + 1];
    }
    return undefined;
  }

  /** All values of a field in order; `name` is in lower case. */
  all(name: string): string[] {
    const values: string[] = [];
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (isNamed(flat[i], name)) values.push(flat[i + 1] ?? '');
    }
    return values;
  }

  /** RFC 9110 §5.3: repeated lines of a list field equal one line joined by commas. */
  joined(name: string): string | undefined {
    let line: string | undefined;
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (!isNamed(flat[i], name)) continue;
      const value = flat[i + 1] ?? '';
      line = line === undefined ? value : `${line}, ${value}`;
    }
    return line;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Whether a field with any of these names exists, in one pass over the fields. */
  hasAny(names: FieldNames): boolean {
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (names.has(flat[i] ?? '')) return true;
    }
    return false;
  }

  /** One field in place of all with that name. */
  set(name: string, value: string): HeaderList {
    const lower = name.toLowerCase();
    const kept: string[] = [];
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      if (!isNamed(flat[i], lower)) kept.push(flat[i] ?? '', flat[i + 1] ?? '');
    }
    kept.push(name, value);
    return new HeaderList(kept);
  }

  add(name: string, value: string): HeaderList {
    return new HeaderList([...this.flat, name, value]);
  }

  concat(fields: readonly string[]): HeaderList {
    return fields.length === 0 ? this : new HeaderList(this.flat.concat(fields));
  }

  /** The same list with single-use fields at its end. */
  forOneUse(fields: readonly string[]): HeaderList {
    return new HeaderList(this.flat.concat(fields), this);
  }

  without(names: ReadonlySet<string>): HeaderList {
    return new HeaderList(this.#keep(name => !names.has(name)));
  }

  only(wanted: (lowerName: string) => boolean): HeaderList {
    return new HeaderList(this.#keep(wanted));
  }

  /** The fields as an object with lower-case names; repeated lines are joined, `Cookie` with semicolons. */
  toObject(): Record<string, string> {
    const fields: Record<string, string> = Object.create(null);
    for (let i = 0; i < this.flat.length; i += 2) {
      const name = (this.flat[i] ?? '').toLowerCase();
      const value = this.flat[i + 1] ?? '';
      const known = fields[name];
      fields[name] = known === undefined ? value : `${known}${name === 'cookie' ? '; ' : ', '}${value}`;
    }
    return fields;
  }

  #keep(wanted: (lowerName: string) => boolean): string[] {
    const kept: string[] = [];
    const flat = this.flat;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] ?? '';
      if (wanted(name.toLowerCase())) kept.push(name, flat[i + 1] ?? '');
    }
    return kept;
  }
}

/** Lower-case field names for a combined lookup. */
export class FieldNames {
  readonly #byLength: (string[] | undefined)[] = [];

  constructor(names: Iterable<string>) {
    for (const name of names) {
      const known = this.#byLength[name.length] ?? [];
      this.#byLength[name.length] = [...known, name];
    }
  }

  has(candidate: string): boolean {
    // Comparing lengths first avoids lower-casing nearly every name.
    return this.#byLength[candidate.length]?.includes(candidate.toLowerCase()) === true;
  }
}

// Comparing lengths first avoids lower-casing nearly every different name.
function isNamed(candidate: string | undefined, lower: string): boolean {
  return candidate !== undefined && candidate.length === lower.length && candidate.toLowerCase() === lower;
}
