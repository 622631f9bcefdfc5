import { FieldNames } from './header-list.ts';

/** The fields that the gateway writes into every request for a backend, about the client and the request itself. */
export const GATEWAY_FIELDS: FieldNames = new FieldNames([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'via',
  'x-request-id',
  'traceparent',
  'tracestate',
]);

const OF_ATTEMPTS: ReadonlySet<string> = new Set(['x-request-attempt', 'x-request-timeout-ms']);

/** By lower-case name. */
export function isGatewayField(lowerName: string): boolean {
  return GATEWAY_FIELDS.has(lowerName) || OF_ATTEMPTS.has(lowerName);
}
