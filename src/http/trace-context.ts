import type { HeaderList } from '../core/headers/header-list.ts';
import type { TraceFields } from '../core/trace-fields.ts';
import { NO_SPAN, NO_TRACE } from '../core/trace-ids.ts';

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;
const MAX_STATE = 512;

/** The fields of a trace from before the gateway; undefined for an absent or malformed one. */
export function traceFields(raw: HeaderList): TraceFields | undefined {
  const [parent, another] = raw.all('traceparent');
  if (parent === undefined || another !== undefined || !isTraceParent(parent)) return undefined;
  const state = raw.joined('tracestate');
  return { parent, state: state === undefined || state.length > MAX_STATE ? undefined : state };
}

function isTraceParent(text: string): boolean {
  const [, version, trace, span, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || trace === NO_TRACE || span === NO_SPAN) return false;
  // Later versions may append fields.
  return version !== '00' || more === undefined;
}
