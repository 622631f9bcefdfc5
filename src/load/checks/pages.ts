import { compileTable } from '../../match/table.ts';
import { type Draft, option } from '../draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** A page that another route answers, or none, would not be kept by this one. */
export const checkPages: RouteCheck = ({ file, address, written }) => {
  const { cache } = written;
  const staticise = typeof cache === 'object' ? cache.staticise : undefined;
  if (typeof staticise !== 'object' || !Array.isArray(staticise.pages)) return [];
  const table = compileTable([{ segments: address.segments, method: 'GET', hosts: [], value: true }]);
  return staticise.pages.flatMap((page, i): readonly Draft[] => {
    if (typeof page !== 'string' || !page.startsWith('/') || table.match('GET', '', segmentsOf(page)).kind === 'found')
      return [];
    return [
      {
        code: 'P138',
        marks: [option(file, ['cache', 'staticise', 'pages', String(i)])],
        message: `this route does not answer ${page}`,
        remedy: 'write a path that fits the file’s own address, or name the page in the route that answers it',
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
