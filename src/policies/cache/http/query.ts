/** Which parts of a query change the response. */
export interface QueryRule {
  /** Irrelevant parameters: names, and prefixes of names ending in `*`. */
  readonly ignore: readonly string[];
  /** The only relevant parameters; undefined for all that are not ignored. */
  readonly only: readonly string[] | undefined;
  /** Whether the order of the parameters is irrelevant. */
  readonly sort: boolean;
}

/** The part of a query (with its question mark) that is in the key, in the client's encoding. */
export function queryKey(search: string, rule: QueryRule | undefined): string {
  if (rule === undefined || search === '') return search;
  const kept = search
    .slice(1)
    .split('&')
    .filter(pair => pair !== '' && isKept(nameOf(pair), rule));
  // A stable sort, because the order of equal names is a list and has a meaning.
  if (rule.sort) kept.sort((a, b) => compare(nameOf(a), nameOf(b)));
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** The same for the parsed query of a schema. */
export function keptParameters(valid: unknown, rule: QueryRule | undefined): unknown {
  if (rule === undefined || typeof valid !== 'object' || valid === null) return valid;
  return Object.fromEntries(Object.entries(valid).filter(([name]) => isKept(name, rule)));
}

/** Merges two rules: a parameter that either ignores is ignored. */
export function bothRules(a: QueryRule | undefined, b: QueryRule | undefined): QueryRule | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const only =
    a.only === undefined ? b.only : b.only === undefined ? a.only : a.only.filter(name => b.only?.includes(name));
  return { ignore: [...a.ignore, ...b.ignore], only, sort: a.sort || b.sort };
}

function isKept(name: string, { ignore, only }: QueryRule): boolean {
  return (only === undefined || matches(name, only)) && !matches(name, ignore);
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some(pattern => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

function nameOf(pair: string): string {
  const name = pair.split('=', 1)[0] ?? '';
  if (!/[%+]/.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
