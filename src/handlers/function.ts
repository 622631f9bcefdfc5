import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Check } from '../config/schema.ts';
import type { Handler } from '../core/handler.ts';
import type { Reply } from '../core/reply.ts';
import { promised, valueResponse } from './value-response.ts';

/**
 * Responds with the team's own function, sync if possible. A Response is passed on unchanged; data is validated
 * against `response`.
 */
export function functionHandler(handler: (c: AnyContext) => unknown, response: Check | undefined): Handler {
  const later = async (value: unknown): Promise<Reply> => {
    const known = await value;
    const isData = known !== undefined && !(known instanceof Response);
    return valueResponse(isData ? await promised(response, known) : known);
  };
  return x => {
    const value = handler(contextOf(x));
    return response !== undefined || isThenable(value) ? later(value) : valueResponse(value);
  };
}

function isThenable(value: unknown): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && 'then' in value && typeof value.then === 'function';
}
