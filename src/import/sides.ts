import { pointerBelow } from '../config/verdict.ts';
import { isObject, type SchemaObject } from '../openapi/schema-object.ts';
import type { Conversion } from './converted-schema.ts';

/** The properties that the other side alone has: OpenAPI 3.0 §4.7.24.2, `readOnly` and `writeOnly`. */
export function readOnlyNames(
  schema: SchemaObject,
  pointer: string,
  { side, references }: Conversion,
): ReadonlySet<unknown> {
  const word = side === 'request' ? 'readOnly' : 'writeOnly';
  return new Set(
    Object.entries(propertiesOf(schema))
      .filter(([name, property]) => {
        if (isObject(property) && property[word] === true) return true;
        return references.object(property, pointerBelow(`${pointer}/properties`, name))?.value[word] === true;
      })
      .map(([name]) => name),
  );
}

/** Whether a schema by itself differs between requests and responses. */
export function isOneSided(schema: unknown, pointer: string, conversion: Omit<Conversion, 'side'>): boolean {
  if (Array.isArray(schema)) return schema.some((each, i) => isOneSided(each, `${pointer}/${i}`, conversion));
  if (!isObject(schema)) return false;
  const { required } = schema;
  const differs =
    Array.isArray(required) &&
    (['request', 'response'] as const).some(side => {
      const names = readOnlyNames(schema, pointer, { ...conversion, side });
      return required.some(name => names.has(name));
    });
  return (
    differs ||
    Object.entries(schema).some(([name, member]) => isOneSided(member, pointerBelow(pointer, name), conversion))
  );
}

function propertiesOf({ properties }: SchemaObject): SchemaObject {
  return isObject(properties) ? properties : {};
}
