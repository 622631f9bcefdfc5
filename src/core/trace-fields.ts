/** The fields of a trace (W3C Trace Context): `traceparent`, and `tracestate` if there is one. */
export interface TraceFields {
  readonly parent: string;
  readonly state: string | undefined;
}

/** Version, trace id and parent id have fixed places (§3.2). */
export function traceIdIn(traceParent: string): string {
  return traceParent.slice(3, 35);
}
