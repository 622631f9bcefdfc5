import { isDeepStrictEqual } from 'node:util';
import type { LoadedPart } from '../config/loaded-route.ts';
import { isCall } from '../config/service.ts';

/**
 * The parts whose equal calls are one call: those with equal options, by the name of the first of them. A part that is
 * alone, or whose calls are known to be different, shares nothing.
 */
export function sharedCalls(parts: Readonly<Record<string, LoadedPart>>): ReadonlyMap<string, string> {
  const shares = new Map<string, string>();
  const entries = Object.entries(parts);
  for (const [i, [name, part]] of entries.entries()) {
    for (const [other, candidate] of entries.slice(i + 1)) {
      if (shares.has(other) || !mayCallTheSame(part, candidate) || !haveEqualOptions(part, candidate)) continue;
      const group = shares.get(name) ?? name;
      shares.set(name, group);
      shares.set(other, group);
    }
  }
  return shares;
}

function mayCallTheSame({ from: one }: LoadedPart, { from: other }: LoadedPart): boolean {
  if (!isCall(one) || !isCall(other)) return true;
  return one.service === other.service && pathOf(one) === pathOf(other);
}

function pathOf(call: { readonly path: string } | { readonly pattern: string }): string {
  return 'path' in call ? `path ${call.path}` : `pattern ${call.pattern}`;
}

/** Everything but what decides on the call itself, which is compared for each request. */
function haveEqualOptions(one: LoadedPart, other: LoadedPart): boolean {
  return isDeepStrictEqual(optionsOf(one), optionsOf(other));
}

function optionsOf(part: LoadedPart): object {
  const { from, json, each, batch, concurrency, dependsOn, ...options } = part;
  // A batch is read in another way than a single item.
  return { ...options, isBatch: batch !== undefined, items: batch?.items };
}
