const MAX_VALUES = 2_000;
const MAX_CHARACTERS = 20_000;
/**
 * Collecting all mistakes follows every branch to its end, so a schema with two recursive branches doubles the work
 * with each level.
 */
const MAX_LEVELS = 8;

/** Whether a value is small enough to collect all mistakes in it. Stops at that size. */
export function isSmallValue(value: unknown): boolean {
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
