import type { Handler } from '../core/handler.ts';
import type { AnyContext } from '../define/loaded.ts';
import { contextOf } from '../define/request-context.ts';
import type { Check } from '../define/schema.ts';
import { promised, valueReply } from './value-reply.ts';

/** The team's own function answers. A Response is passed on as it stands; data is checked against `response`. */
export function handlerAnswer(handler: (c: AnyContext) => unknown, response: Check | undefined): Handler {
  return async x => {
    const value = await handler(contextOf(x));
    if (value === undefined || value instanceof Response) return valueReply(value);
    return valueReply(await promised(response, value));
  };
}
