/**
 * Request fields that only the gateway may set and that are removed from client requests, including every name from
 * which some server reads the client's address.
 */
const ASSERTED: ReadonlySet<string> = new Set([
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'client-ip',
  'x-cluster-client-ip',
  'forwarded-for',
  'x-forwarded',
  'x-original-forwarded-for',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'fastly-client-ip',
  'fly-client-ip',
  'x-azure-clientip',
  'x-appengine-user-ip',
  'x-envoy-external-address',
  'x-remote-addr',
  'x-remote-ip',
  'x-originating-ip',
  'proxy-client-ip',
  'wl-proxy-client-ip',
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-http-host-override',
  'x-rewrite-url',
  // CGI programs read it as HTTP_PROXY, the proxy for their own requests.
  'proxy',
  'x-request-id',
  'traceparent',
  'tracestate',
  'x-request-timeout-ms',
  'x-request-attempt',
]);

/**
 * Creates a test for request fields that only the gateway may set.
 * @param identity names of fields that identify a user, and prefixes of such names, ending in `*`.
 */
export function gatewayHeaders(identity: readonly string[]): (lowerName: string) => boolean {
  const lower = identity.map(name => name.toLowerCase());
  const names = new Set(lower.filter(name => !name.endsWith('*')));
  const prefixes = lower.filter(name => name.endsWith('*')).map(name => name.slice(0, -1));
  return name =>
    ASSERTED.has(name) ||
    name.startsWith('x-forwarded-') ||
    names.has(name) ||
    prefixes.some(prefix => name.startsWith(prefix));
}
