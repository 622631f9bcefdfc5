/** Fields in which a backend describes itself, hidden from browsers. */
const HIDDEN: ReadonlySet<string> = new Set([
  'server',
  'via',
  'x-powered-by',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-generator',
  'x-backend',
  'x-backend-server',
  'x-upstream',
  // Instructions for an intermediate server, which a backend must not give to the gateway's clients.
  'x-accel-redirect',
  'x-sendfile',
  'x-served-by',
  'x-runtime',
  // Only the gateway sends it, so a backend's own would be mistaken for the gateway's.
  'proxy-status',
]);

export function isPrivateHeader(lowerName: string): boolean {
  return HIDDEN.has(lowerName) || lowerName.startsWith('x-internal-');
}
