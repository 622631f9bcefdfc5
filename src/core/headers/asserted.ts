/** What only the gateway may tell a backend, so it never enters from outside. */
const ASSERTED: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-request-timeout-ms',
  'x-request-attempt',
]);

/**
 * Makes the question whether a request's field is the gateway's own to write.
 * @param identity names of fields that say who a user is, and prefixes of such names, ending in `*`.
 */
export function assertedByGateway(identity: readonly string[]): (lowerName: string) => boolean {
  const lower = identity.map(name => name.toLowerCase());
  const names = new Set(lower.filter(name => !name.endsWith('*')));
  const prefixes = lower.filter(name => name.endsWith('*')).map(name => name.slice(0, -1));
  return name =>
    ASSERTED.has(name) ||
    name.startsWith('x-forwarded-') ||
    names.has(name) ||
    prefixes.some(prefix => name.startsWith(prefix));
}
