/** A name in the written code. */
export class Identifier {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** The key of an identifier whose members are spread into an object. */
export const SPREAD = '\0...';

/** A value as it is written in a file: JSON with names of other values in it. */
export type SourceValue = null | boolean | number | string | Identifier | readonly SourceValue[] | SourceObject;

export interface SourceObject {
  readonly [name: string]: SourceValue;
}

const WIDTH = 120;
const NAME = /^[A-Za-z_$][\w$]*$/;

/**
 * A value as code: in one line where it fits, else a line for each member.
 * @param column where it begins, and `after` the number of characters behind it on its last line.
 */
export function written(value: SourceValue, indent: string, column: number, after = 1): string {
  if (isSourceList(value)) return writtenList(value, indent, column, after);
  if (isMembers(value)) return writtenObject(value, indent, column, after);
  return value instanceof Identifier ? value.name : writtenScalar(value);
}

function isSourceList(value: SourceValue): value is readonly SourceValue[] {
  return Array.isArray(value);
}

function isMembers(value: SourceValue): value is SourceObject {
  return typeof value === 'object' && value !== null && !(value instanceof Identifier) && !Array.isArray(value);
}

function writtenList(list: readonly SourceValue[], indent: string, column: number, after: number): string {
  const line = inLine(list);
  if (line !== undefined && column + line.length + after <= WIDTH) return line;
  const inner = `${indent}  `;
  const items = list.map(item => written(item, inner, inner.length));
  return `[\n${list.every(isNumber) ? filled(items, inner) : items.map(item => `${inner}${item},\n`).join('')}${indent}]`;
}

function isNumber(value: SourceValue): boolean {
  return typeof value === 'number';
}

/** As many numbers in each line as fit. */
function filled(items: readonly string[], indent: string): string {
  const lines: string[] = [];
  for (const item of items) {
    const line = lines.at(-1);
    if (line !== undefined && `${line} ${item},`.length <= WIDTH) lines[lines.length - 1] = `${line} ${item},`;
    else lines.push(`${indent}${item},`);
  }
  return `${lines.join('\n')}\n`;
}

function writtenObject(object: SourceObject, indent: string, column: number, after: number): string {
  const line = inLine(object);
  if (line !== undefined && column + line.length + after <= WIDTH) return line;
  const inner = `${indent}  `;
  const members = Object.entries(object).map(([name, value]) => {
    const key = keyBefore(name, value);
    return `${inner}${key}${written(value, inner, inner.length + key.length)},\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

/** Undefined for lists that a formatter breaks: of several objects or lists with several members each. */
function inLine(value: SourceValue): string | undefined {
  if (Array.isArray(value)) {
    const items = value.map(inLine);
    return isBroken(value) || items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
  }
  if (!isMembers(value)) return written(value, '', 0);
  const members = Object.entries(value).map(([name, member]) => {
    const text = inLine(member);
    return text === undefined ? undefined : keyBefore(name, member) + text;
  });
  if (members.includes(undefined)) return undefined;
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function isBroken(list: readonly SourceValue[]): boolean {
  if (list.length < 2) return false;
  const isLong = (members: number): boolean => members > 1;
  const areLists = list.every(item => Array.isArray(item) && isLong(item.length));
  return areLists || list.every(item => isMembers(item) && isLong(Object.keys(item).length));
}

/** `name: `, `'a-name': `, nothing for a shorthand. */
function keyBefore(name: string, value: SourceValue): string {
  if (value instanceof Identifier) {
    if (name === SPREAD) return '...';
    if (name === value.name) return '';
  }
  // A key of this name in code would set the prototype.
  if (name === '__proto__') return "['__proto__']: ";
  return `${NAME.test(name) ? name : quoted(name)}: `;
}

function writtenScalar(value: null | boolean | number | string): string {
  // Formatters write 1e21 without its sign.
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value).replace('e+', 'e');
}

/** In the quotes that need fewer escapes. */
export function quoted(text: string): string {
  const count = (quote: string): number => text.split(quote).length - 1;
  const quote = count("'") > count('"') ? '"' : "'";
  const body = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll(quote, `\\${quote}`);
  // Line separators are allowed in a text, and editors warn of them.
  return `${quote}${body.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}${quote}`;
}
