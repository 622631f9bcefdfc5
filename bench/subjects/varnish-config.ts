/** As it comes, with ten minutes in which what is stale is given while it is fetched again. */
export function varnishConfig(backendPort: number): string {
  return `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${backendPort}"; }
sub vcl_backend_response {
  set beresp.grace = 10m;
}
`;
}
