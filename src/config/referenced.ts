import { isObject } from './json-object.ts';

/** The schema that a reference within another schema leads to, by its pointer or by its `$id`; undefined for none. */
export function referenced(root: unknown, reference: string): unknown {
  if (!reference.startsWith('#')) return identified(root, reference);
  let value = root;
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

function identified(schema: unknown, id: string): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if (isObject(schema) && schema.$id === id) return schema;
  for (const each of Object.values(schema)) {
    const found = identified(each, id);
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
