const MOST_VALUES = 2_000;
const MOST_CHARACTERS = 20_000;

/** Whether a value is so small that every mistake in it may be looked for. Looks at no more of it than that. */
export function isSmall(value: unknown): boolean {
  const rest: unknown[] = [value];
  let values = 0;
  let characters = 0;
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string') characters += next.length;
    if (++values > MOST_VALUES || characters > MOST_CHARACTERS) return false;
    if (typeof next !== 'object' || next === null) continue;
    const below = Object.values(next);
    if (below.length > MOST_VALUES) return false;
    rest.push(...below);
  }
  return true;
}
