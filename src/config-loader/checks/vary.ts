import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

const PERSONAL: ReadonlySet<string> = new Set(['cookie', 'authorization']);

export const checkVary: RouteCheck = ({ file, written }) => [
  ...varyDrafts(file, [], written.cache),
  ...Object.entries(written.aggregate ?? {}).flatMap(([name, part]) =>
    varyDrafts(file, ['aggregate', name], part.cache),
  ),
];

/**
 * A stored response is shared, so a field that differs for each client would fill the store with single-use entries.
 */
export function varyDrafts(file: string, path: readonly string[], cache: unknown): readonly ProblemDraft[] {
  if (typeof cache !== 'object' || cache === null || !('vary' in cache) || !Array.isArray(cache.vary)) return [];
  if ('scope' in cache && cache.scope === 'user') return [];
  const names: readonly unknown[] = cache.vary;
  return names.flatMap((name, i): readonly ProblemDraft[] => {
    if (typeof name !== 'string' || !PERSONAL.has(name.toLowerCase())) return [];
    return [
      {
        code: 'P134',
        marks: [option(file, [...path, 'cache', 'vary', String(i)])],
        message: `a shared cache cannot vary by "${name}": these responses belong to one user each`,
        remedy: "remove it from vary, or write scope: 'user' beside it, with a guard that says who the user is",
      },
    ];
  });
}
