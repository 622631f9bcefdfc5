// The hash has a random seed, so that a client cannot construct collisions.
const SEED = (Math.random() * 2 ** 32) | 0;

/**
 * Whether no two items of a list are equal by the rules of JSON Schema, which ignore the order of object members. Takes
 * linear time; pairwise comparison of 43 kB of small objects takes more than half a second.
 */
export function areUnique(items: readonly unknown[]): boolean {
  const hashes = Int32Array.from(items, hashOf);
  const repeated = repeatedIn(hashes);
  const seen = new Map<number, unknown[]>();
  for (let i = 0; repeated.size > 0 && i < hashes.length; i++) {
    const hash = hashes[i] ?? 0;
    if (!repeated.has(hash)) continue;
    const same = seen.get(hash) ?? [];
    if (same.some(other => areEqual(other, items[i]))) return false;
    same.push(items[i]);
    seen.set(hash, same);
  }
  return true;
}

/** Sorts plain numbers, because a map of all hashes would be most of the work. */
function repeatedIn(hashes: Int32Array): ReadonlySet<number> {
  const sorted = hashes.toSorted();
  const repeated = new Set<number>();
  for (let i = 1; i < sorted.length; i++) {
    const hash = sorted[i];
    if (hash !== undefined && hash === sorted[i - 1]) repeated.add(hash);
  }
  return repeated;
}

/** Equal values have equal hashes, so the members of an object are summed in any order. */
function hashOf(value: unknown): number {
  if (typeof value === 'string') return hashOfText(value);
  if (typeof value === 'number' && (value | 0) === value) return mixed(value ^ SEED);
  if (typeof value !== 'object' || value === null) return hashOfText(`\0${value}`);
  let hash = SEED;
  if (Array.isArray(value)) {
    for (const item of value) hash = mixed(hash + hashOf(item));
    return mixed(hash + 1);
  }
  for (const name of Object.keys(value)) {
    hash = (hash + mixed(hashOfText(name) + Math.imul(hashOf(Reflect.get(value, name)), 3))) | 0;
  }
  return mixed(hash + 2);
}

function hashOfText(text: string): number {
  let hash = SEED;
  // Mixing at each step prevents collisions that are independent of the seed.
  for (let i = 0; i < text.length; i++) hash = mixed(hash + text.charCodeAt(i));
  return hash;
}

/** The finalizer of MurmurHash3: each input bit changes half of the output bits. */
function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every(name => Object.hasOwn(b, name) && areEqual(Reflect.get(a, name), Reflect.get(b, name)));
}
