import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';
import { isUnsafe } from '../route-kinds.ts';

/**
 * Options that contradict the write method in a file's suffix. Without a suffix a policy applies only to the methods
 * that can have it.
 */
export const checkWrites: RouteCheck = ({ file, address, written, kind: response }) => {
  const { method } = address;
  if (method === undefined || method === 'GET' || method === 'HEAD' || response === 'static' || response === 'redirect')
    return [];
  const { cache, retry } = written;
  const drafts: ProblemDraft[] = [];
  if (cache !== undefined && cache !== false) drafts.push(cachedWrite(file, method));
  if (isUnsafe(method) && retry !== undefined && retry !== false && retry.idempotencyKey !== true) {
    drafts.push(retriedWrite(file, method));
  }
  return drafts;
};

function cachedWrite(file: string, method: string): ProblemDraft {
  return {
    code: 'P132',
    marks: [option(file, ['cache'], 'key')],
    message: `a response to ${method} is never stored`,
    remedy: 'remove cache; to make stored responses stale, declare purges',
  };
}

function retriedWrite(file: string, method: string): ProblemDraft {
  return {
    code: 'P131',
    marks: [option(file, ['retry'], 'key')],
    message: `a ${method} that is sent again may happen twice`,
    remedy: 'remove retry, or add idempotencyKey: true if the backend honours Idempotency-Key',
  };
}
