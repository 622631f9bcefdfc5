import { compileTable } from '../../router/route-table.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** A page that this route does not serve cannot be kept by it. */
export const checkKeptPages: RouteCheck = ({ file, address, written }) => {
  const { cache } = written;
  const keepForever = typeof cache === 'object' ? cache.keepForever : undefined;
  if (typeof keepForever !== 'object' || !Array.isArray(keepForever.pages)) return [];
  const table = compileTable([{ segments: address.segments, method: 'GET', hosts: [], value: true }]);
  return keepForever.pages.flatMap((page, i): readonly ProblemDraft[] => {
    if (typeof page !== 'string' || !page.startsWith('/') || table.match('GET', '', segmentsOf(page)).kind === 'found')
      return [];
    return [
      {
        code: 'P138',
        marks: [option(file, ['cache', 'keepForever', 'pages', String(i)])],
        message: `this route does not serve ${page}`,
        remedy: 'write a path that fits the file’s own address, or name the page in the route that serves it',
      },
    ];
  });
};

function segmentsOf(page: string): readonly string[] {
  const path = page.split('?', 1)[0] ?? '';
  return path.slice(1).split('/').map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
