/** One thread, and connections to the backend that are shared by all clients. */
export function haproxyConfig(port: number, backendPort: number): string {
  return `
global
  nbthread 1
  maxconn 5000
defaults
  mode http
  http-reuse always
  timeout connect 1s
  timeout client 10m
  timeout server 10m
  timeout http-keep-alive 10m
frontend bench
  bind 127.0.0.1:${port}
  default_backend bench
backend bench
  server api 127.0.0.1:${backendPort} pool-purge-delay 60s
`;
}
