/** What of a query makes another response. */
export interface QueryRule {
  /** Parameters that make none: names, and prefixes of names ending in `*`. */
  readonly ignore: readonly string[];
  /** The only parameters that do; undefined for all that are not ignored. */
  readonly only: readonly string[] | undefined;
  /** Whether the order of the parameters makes none. */
  readonly sort: boolean;
}

/** The part of a query (with its question mark) that a key covers, byte for byte as the client wrote it. */
export function queryKey(search: string, rule: QueryRule | undefined): string {
  if (rule === undefined || search === '') return search;
  const kept = search
    .slice(1)
    .split('&')
    .filter(pair => pair !== '' && isKept(nameOf(pair), rule));
  // A stable sort: the order of equal names is a list, and means something.
  if (rule.sort) kept.sort((a, b) => compare(nameOf(a), nameOf(b)));
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/** The same of what a schema made of a query. */
export function keptParameters(valid: unknown, rule: QueryRule | undefined): unknown {
  if (rule === undefined || typeof valid !== 'object' || valid === null) return valid;
  return Object.fromEntries(Object.entries(valid).filter(([name]) => isKept(name, rule)));
}

/** One rule for what two say: what either ignores is ignored. */
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
