/** Senders can invent field values, so the number of remembered ones is limited. */
const MAX = 256;

/** Memoizes a pure function of one string, for strings that repeat with every request. */
export function memoize<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly value: T }>();
  return text => {
    const found = known.get(text);
    if (found !== undefined) return found.value;
    const value = make(text);
    if (known.size >= MAX) known.clear();
    known.set(text, { value });
    return value;
  };
}
