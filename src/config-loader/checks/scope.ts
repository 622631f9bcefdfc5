import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** A cache per user needs `auth`, or a guard that names the user; without one nothing is ever stored. */
export const checkScope: RouteCheck = ({ file, written, merged }) => {
  if (merged.guard !== undefined || merged.authRules !== undefined) return [];
  const parts = Object.entries(written.aggregate ?? {});
  return [
    ...scopeDrafts(file, [], written.cache),
    ...parts.flatMap(([name, part]) => scopeDrafts(file, ['aggregate', name], part.cache)),
  ];
};

function scopeDrafts(file: string, path: readonly string[], cache: unknown): readonly ProblemDraft[] {
  if (typeof cache !== 'object' || cache === null || !('scope' in cache) || cache.scope !== 'user') return [];
  return [
    {
      code: 'P137',
      marks: [option(file, [...path, 'cache', 'scope'])],
      message: 'nothing names the user whose responses are stored apart',
      remedy: 'add `auth`, or a guard that returns { subject }, to the route or its folder, or remove scope',
    },
  ];
}
