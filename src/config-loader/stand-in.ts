/** Reads of one value, after which a loop over it is stopped. */
const MAX_READS = 1_000;

/**
 * A value that stands for any request or any response: each member and each result of a call is one as well, as text it
 * is `x`, and as a list it is empty. It shows which service a function calls without a request.
 */
export function standIn(): never {
  let reads = 0;
  const value: unknown = new Proxy(() => undefined, {
    get(_target, name) {
      if (++reads > MAX_READS) throw new RangeError('a function reads without end');
      if (name === Symbol.toPrimitive) return () => 'x';
      if (name === Symbol.iterator) return () => [][Symbol.iterator]();
      // A promise would wait for it.
      if (name === 'then') return undefined;
      return value;
    },
    has: () => false,
    apply: () => value,
    construct: () => Object(value),
  });
  return value as never;
}
