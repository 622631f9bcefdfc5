import { mayBeKept } from '../../config/storable-status.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

export const checkLifetimes: RouteCheck = ({ file, written }) => [
  ...lifetimeDrafts(file, [], written.cache),
  ...Object.entries(written.aggregate ?? {}).flatMap(([name, part]) =>
    lifetimeDrafts(file, ['aggregate', name], part.cache),
  ),
];

/** A lifetime for a status that is never stored has no effect, contrary to its author's intention. */
export function lifetimeDrafts(file: string, path: readonly string[], cache: unknown): readonly ProblemDraft[] {
  if (typeof cache !== 'object' || cache === null || !('ttl' in cache)) return [];
  const { ttl } = cache;
  if (typeof ttl !== 'object' || ttl === null) return [];
  const profile = 'profile' in cache && cache.profile === 'rfc9111' ? 'rfc9111' : 'default';
  return Object.keys(ttl).flatMap((status): readonly ProblemDraft[] => {
    if (!/^\d{3}$/.test(status) || mayBeKept(Number(status), profile)) return [];
    return [
      {
        code: 'P145',
        marks: [option(file, [...path, 'cache', 'ttl', status], 'key')],
        message: `a response with ${status} is never stored`,
        remedy: 'remove it: what failed, or is only a part, says nothing about the next response',
      },
    ];
  });
}
