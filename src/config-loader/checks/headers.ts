import { headerMistake, isHeaderValues, NO_PLAIN_OBJECT } from '../../config/request-headers.ts';
import { type NamedService, option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** The request headers of a route and its parts. */
export const checkHeaders: RouteCheck = ({ file, written }) => [
  ...headerDrafts(file, written.headers, ['headers']),
  ...Object.entries(written.aggregate ?? {}).flatMap(([name, part]) =>
    headerDrafts(file, part.headers, ['aggregate', name, 'headers']),
  ),
];

/** The mistakes in literal fields; those of a function are checked at run time. */
export function headerDrafts(
  file: string,
  headers: unknown,
  path: readonly string[],
  service?: NamedService,
): readonly ProblemDraft[] {
  if (typeof headers !== 'object' || headers === null) return [];
  const remedy = "write texts by the names of headers: { 'x-api-key': process.env.API_KEY ?? '' }";
  if (!isHeaderValues(headers)) {
    return [{ code: 'P122', marks: [option(file, path, 'value', service)], message: NO_PLAIN_OBJECT, remedy }];
  }
  return Object.entries(headers).flatMap(([name, value]): readonly ProblemDraft[] => {
    const mistake = headerMistake(name, value);
    if (mistake === undefined) return [];
    return [{ code: 'P122', marks: [option(file, [...path, name], 'value', service)], message: mistake, remedy }];
  });
}
