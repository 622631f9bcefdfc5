/** Values of fields are the sender's to invent: no more of them are remembered than this. */
const MAX = 256;

/** A pure function of one text, for texts that come again with every request. */
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
