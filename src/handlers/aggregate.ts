import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Check } from '../config/schema.ts';
import type { Handler } from '../core/handler.ts';
import { dependingOn } from '../core/headers/vary.ts';
import { standingIn } from '../core/reply.ts';
import type { TraceIds } from '../core/trace-ids.ts';
import type { Part, Values } from './compiled-part.ts';
import type { EarlyEndPolicy } from './early-end.ts';
import { Gathering, type ResponsesOfParts } from './gathering.ts';
import { partsField } from './parts-field.ts';
import { promised, valueResponse } from './value-response.ts';

/** What an aggregate makes of its parts, and how it calls them. */
export interface AggregateOptions {
  readonly reply: (values: Values, c: AnyContext, responses: ResponsesOfParts) => unknown;
  /** Of the route's own `response`. */
  readonly response: Check | undefined;
  readonly traces: TraceIds;
  readonly earlyEnd?: EarlyEndPolicy | undefined;
  /** Whether the combined response may be stored. */
  readonly isStored: boolean;
}

/** Combines several backends into one response: every part starts as soon as its dependencies have responded. */
export function aggregateHandler(
  parts: readonly Part[],
  { reply, response, traces, earlyEnd, isStored }: AggregateOptions,
): Handler {
  const byName = new Map(parts.map(part => [part.name, part]));
  const calls = { traces, earlyEnd: parts.some(({ isDispensable }) => isDispensable) ? earlyEnd : undefined };
  const names = [...byName.keys()];
  return async x => {
    const gathering = new Gathering(byName, x, calls);
    const values = await gathering.run(names);
    const value = await reply(values, contextOf(x), gathering.responses);
    const isData = !(value instanceof Response);
    const made = valueResponse(isData ? await promised(response, value) : value, Object.values(values));
    const { fallbacks } = gathering;
    const headers = dependingOn(gathering.vary, made.headers).concat(partsField(fallbacks));
    const combined = { status: made.status, headers, body: made.body, longLived: made.longLived === true };
    return standingIn(isStored ? { ...combined, dependencies: gathering.dependencies } : combined, fallbacks);
  };
}
