import type { Check, CheckVerdict } from '../config/schema.ts';

/** The items of a batch's response; undefined if there is no list. */
export function itemsIn(value: unknown, member: string | undefined): readonly unknown[] | undefined {
  if (member === undefined) return Array.isArray(value) ? value : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined;
  const items: unknown = Reflect.get(value, member);
  return Array.isArray(items) ? items : undefined;
}

/** Validates each item of a batch's response. */
export function batchCheck(check: Check | undefined, member: string | undefined): Check {
  const at = member === undefined ? '' : `/${member}`;
  return value => {
    const items = itemsIn(value, member);
    if (items === undefined) return { errors: [{ pointer: at, detail: 'must be a list of items' }] };
    if (check === undefined) return { value };
    const verdicts = items.map(item => check(item));
    const isKnown = verdicts.every(verdict => !(verdict instanceof Promise));
    return isKnown
      ? joined(verdicts as readonly CheckVerdict[], value, { items, at, member })
      : Promise.all(verdicts).then(known => joined(known, value, { items, at, member }));
  };
}

function joined(
  verdicts: readonly CheckVerdict[],
  value: unknown,
  {
    items,
    at,
    member,
  }: { readonly items: readonly unknown[]; readonly at: string; readonly member: string | undefined },
): CheckVerdict {
  const values: unknown[] = [];
  for (const [i, verdict] of verdicts.entries()) {
    if (verdict.errors !== undefined) {
      return { errors: verdict.errors.map(({ pointer, detail }) => ({ pointer: `${at}/${i}${pointer}`, detail })) };
    }
    values.push(verdict.value);
  }
  // The same value, unless a schema has made values of its own.
  if (values.every((each, i) => each === items[i])) return { value };
  return { value: member === undefined ? values : { ...Object(value), [member]: values } };
}
