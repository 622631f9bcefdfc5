/** Continues with a value that may be there already: sync if it is, so that no promise is made for it. */
export function whenKnown<Value, Result>(
  value: Value | Promise<Value>,
  next: (known: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
