import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';
import { isUnsafe } from '../route-kinds.ts';

/**
 * What a file whose suffix is a write cannot mean. In a file without a suffix a policy applies to the methods it can
 * apply to.
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
