/**
 * Parts of names whose values are secrets, in lower case and without `-`, `_` and `.`: `X-Auth-Token` and `authToken`
 * contain `token`.
 */
const PARTS: readonly string[] = [
  'token',
  'secret',
  'password',
  'passwd',
  'passphrase',
  'authorization',
  'authentication',
  'apikey',
  'accesskey',
  'privatekey',
  'session',
  'cookie',
  'credential',
  'jwt',
  'bearer',
  'csrf',
  'xsrf',
  'signature',
];

/** Whole names that are too short to be looked for in others. */
const WHOLE: ReadonlySet<string> = new Set(['auth', 'sid', 'sig', 'pass', 'pwd', 'pin', 'otp', 'cvv', 'cvc']);

/** Whether a field, a parameter or a member with this name holds a secret. */
export type IsSecretName = (name: string) => boolean;

/** @param more names that a team adds; one inside another name counts, too. */
export function secretNames(more: readonly string[]): IsSecretName {
  const parts = [...PARTS, ...more.map(plain).filter(name => name !== '')];
  return name => {
    const known = plain(name);
    return WHOLE.has(known) || parts.some(part => known.includes(part));
  };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
