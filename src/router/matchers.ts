import type { Matcher } from '../config/loaded-route.ts';

const INT = /^-?\d+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  // An impossible day such as the 31st of a short month rolls over into the next month, so it is no date.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The built-in matchers. A team's own are in `routes/_matchers.ts`. */
export const BUILT_IN_MATCHERS: readonly Matcher[] = [
  { name: 'int', test: text => INT.test(text) },
  { name: 'uuid', test: text => UUID.test(text) },
  { name: 'date', test: isDate },
  { name: 'slug', test: text => SLUG.test(text) },
];

/**
 * The order in which two matchers of one segment are tried. `slug` matches nearly everything, so it comes last; the
 * others are sorted by name, so the order of files never decides.
 */
export function compareMatchers(a: Matcher, b: Matcher): number {
  if (a.name === b.name) return 0;
  if (a.name === 'slug') return 1;
  if (b.name === 'slug') return -1;
  return a.name < b.name ? -1 : 1;
}
