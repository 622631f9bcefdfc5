import type { LoadedPart } from '../../config/loaded-route.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** The method of a part, and the options that contradict it. */
export const checkPartBodies: RouteCheck = ({ file, written }) =>
  Object.entries(written.aggregate ?? {}).flatMap(([name, part]) => {
    const path = ['aggregate', name];
    if (part.method !== 'POST') return part.json === undefined ? [] : [bodyOfAGet(file, path)];
    return [...cachedPost(file, path, part), ...retriedPost(file, path, part)];
  });

// RFC 9110 §9.3.1: content in a GET has no defined meaning.
function bodyOfAGet(file: string, path: readonly string[]): ProblemDraft {
  return {
    code: 'P124',
    marks: [option(file, [...path, 'json'], 'key')],
    message: 'a part is called by GET, which has no body',
    remedy: "add method: 'POST', or remove json; parameters of a GET go in its path and query",
  };
}

function cachedPost(
  file: string,
  path: readonly string[],
  { cache = false, batch }: LoadedPart,
): readonly ProblemDraft[] {
  // Items of a batch are stored each alone, by a key of their own.
  if (cache === false || batch !== undefined) return [];
  return [
    {
      code: 'P132',
      marks: [option(file, [...path, 'cache'], 'key')],
      message: 'a response to POST is never stored',
      remedy: 'remove cache, or call a GET of the backend',
    },
  ];
}

function retriedPost(file: string, path: readonly string[], { retry = false }: LoadedPart): readonly ProblemDraft[] {
  if (retry === false || retry.idempotencyKey === true) return [];
  return [
    {
      code: 'P131',
      marks: [option(file, [...path, 'retry'], 'key')],
      message: 'a POST that is sent again may happen twice',
      remedy: 'remove retry, or add idempotencyKey: true if the backend honours Idempotency-Key',
    },
  ];
}
