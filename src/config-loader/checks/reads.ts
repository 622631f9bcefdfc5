import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';
import { canHave, isUnsafe } from '../route-kinds.ts';

/** Options that contradict the read method in a file's suffix. */
export const checkReads: RouteCheck = ({ file, address, written, kind: response }) => {
  const { method } = address;
  if (method === undefined || isUnsafe(method)) return [];
  const drafts: ProblemDraft[] = [];
  // RFC 9110 §9.3.1: content in a GET has no defined meaning.
  if (written.body !== undefined && method !== 'OPTIONS') drafts.push(bodyOfARead(file, method));
  if (written.purges !== undefined && (response === undefined || canHave(response, 'purges'))) {
    drafts.push(purgingRead(file, method));
  }
  return drafts;
};

function bodyOfARead(file: string, method: string): ProblemDraft {
  return {
    code: 'P124',
    marks: [option(file, ['body'], 'key')],
    message: `a request by ${method} has no body`,
    remedy:
      'remove body, or name the file after a method that has one, such as .post.ts; parameters of a read go in query',
  };
}

function purgingRead(file: string, method: string): ProblemDraft {
  return {
    code: 'P124',
    marks: [option(file, ['purges'], 'key')],
    message: `${method} changes nothing, so it makes no stored response stale`,
    remedy: 'remove purges, or move it to the file of the write: POST, PUT, PATCH or DELETE',
  };
}
