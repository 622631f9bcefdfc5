import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Check } from '../config/schema.ts';
import type { Handler } from '../core/handler.ts';
import { promised, valueResponse } from './value-response.ts';

/** Responds with the team's own function. A Response is passed on unchanged; data is validated against `response`. */
export function functionHandler(handler: (c: AnyContext) => unknown, response: Check | undefined): Handler {
  return async x => {
    const value = await handler(contextOf(x));
    if (value === undefined || value instanceof Response) return valueResponse(value);
    return valueResponse(await promised(response, value));
  };
}
