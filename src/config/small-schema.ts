const MAX_VALUES = 2_000;
const MAX_CHARACTERS = 20_000;
/**
 * Where every branch is tried to its end, as for a list of all mistakes, a schema that refers to itself in two of them
 * doubles the work with each level.
 */
const MAX_LEVELS = 8;

/** Whether a value is so small that every mistake in it may be looked for. Looks at no more of it than that. */
export function isSmallSchema(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  let values = 0;
  let characters = 0;
  for (let levels = 0; level.length > 0; levels++) {
    values += level.length;
    if (values > MAX_VALUES || levels >= MAX_LEVELS) return false;
    const below: unknown[] = [];
    for (const each of level) {
      if (typeof each === 'string') characters += each.length;
      else if (typeof each === 'object' && each !== null) below.push(...Object.values(each).slice(0, MAX_VALUES));
      if (characters > MAX_CHARACTERS || below.length > MAX_VALUES) return false;
    }
    level = below;
  }
  return true;
}
