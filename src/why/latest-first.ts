import type { RequestView } from '../core/request-view.ts';

/** The most requests of a list. */
export const MAX_LISTED = 100;

/** The lists of several processes as one. */
export function latestFirst(views: readonly RequestView[]): readonly RequestView[] {
  return views.toSorted((a, b) => (a.at < b.at ? 1 : Number(a.at > b.at) * -1)).slice(0, MAX_LISTED);
}
