/**
 * Parts of names whose values are secrets, in lower case and without `-`, `_` and `.`: `X-Auth-Token` and `authToken`
 * contain `token`.
 */
const PARTS: readonly string[] = [
  'token',
  'secret',
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'passcode',
  'passkey',
  'authorization',
  'authentication',
  'apikey',
  'accesskey',
  'accountkey',
  'privatekey',
  'sharedkey',
  'encryptionkey',
  'signingkey',
  'connectionstring',
  'session',
  'cookie',
  'credential',
  'jwt',
  'bearer',
  'csrf',
  'xsrf',
  'signature',
  'samlresponse',
  'recoverycode',
  'securitycode',
  'verificationcode',
  'mfacode',
];

/** Words that are too short to be looked for in others: `userPin` and `db_pass` hold secrets, `pinned` holds none. */
const WORDS: ReadonlySet<string> = new Set(['auth', 'sid', 'sig', 'pass', 'pw', 'pin', 'otp', 'cvv', 'cvc']);

/** The ends of the words of a name: `user_pin`, `userPin`, `PINCode`. */
const WORD_END = /[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;

/** Parameters of addresses that hold secrets; as members of JSON they are codes of errors and keys of lists. */
const PARAMETERS: ReadonlySet<string> = new Set(['code', 'key', 'ticket']);

/** Whether a field, a parameter or a member with this name holds a secret. */
export type IsSecretName = (name: string) => boolean;

/** @param more names that a team adds; one inside another name counts, too. */
export function secretNames(more: readonly string[]): IsSecretName {
  const parts = [...PARTS, ...more.map(plain).filter(name => name !== '')];
  return name => {
    const known = plain(name);
    return parts.some(part => known.includes(part)) || name.split(WORD_END).some(word => WORDS.has(word.toLowerCase()));
  };
}

/** Whether an address holds a secret in this parameter. A short value is the code of a country or a coupon. */
export function isSecretParameter(name: string, value: string): boolean {
  return PARAMETERS.has(plain(name)) && isRandom(value);
}

/** Whether a path holds a secret behind this segment; a name in words is no secret. */
export function isSecretSegment(before: string, segment: string): boolean {
  return /^(?:invit(?:e|ation)|magiclink)s?$/.test(plain(before)) && isRandom(segment);
}

function isRandom(value: string): boolean {
  return value.length >= 16 && /\d/.test(value) && !/\s/.test(value);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
