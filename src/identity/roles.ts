import { claimTexts } from './claim-texts.ts';

/**
 * The roles in the claims of a user, from a list of texts or one text.
 * @param path the name of a claim, or the names on the way to it, joined by dots. Names may contain dots themselves
 * (`https://shop.example/roles`), so a claim whose name is all of the path comes first.
 */
export function rolesOf(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  return claimTexts(valueAt(claims, path));
}

function valueAt(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, path)) return Reflect.get(value, path);
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const found = Object.hasOwn(value, name) ? valueAt(Reflect.get(value, name), path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
