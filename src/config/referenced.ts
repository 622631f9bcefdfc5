import { isObject } from './json-object.ts';

/** The schema that a reference within another one leads to, by pointer, `$anchor` or `$id`; undefined for none. */
export function referenced(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return named(root, '$id', reference);
  if (/^#[^/]/.test(reference)) return named(root, '$anchor', decoded(reference.slice(1)));
  let value = root;
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

function named(schema: unknown, keyword: '$id' | '$anchor', name: string): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if (isObject(schema) && schema[keyword] === name) return schema;
  for (const each of Object.values(schema)) {
    const found = named(each, keyword, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
