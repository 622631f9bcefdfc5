/** What a backend says about itself and browsers need not know. */
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
  // Instructions to an intermediate server; a backend must not give them to the gateway's clients.
  'x-accel-redirect',
  'x-sendfile',
  'x-served-by',
  'x-runtime',
  // Made by the gateway alone: a backend's own would be read as ours.
  'proxy-status',
]);

export function isPrivateHeader(lowerName: string): boolean {
  return HIDDEN.has(lowerName) || lowerName.startsWith('x-internal-');
}
