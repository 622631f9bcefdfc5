/**
 * The defaults, with ten minutes in which stale responses are served during their revalidation. Below `/encoded/`
 * responses are stored compressed.
 */
export function varnishConfig(backendPort: number): string {
  return `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${backendPort}"; }
sub vcl_backend_response {
  set beresp.grace = 10m;
  if (bereq.url ~ "^/encoded/") { set beresp.do_gzip = true; }
}
`;
}
