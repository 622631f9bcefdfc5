import { secretText } from './secret.ts';
import type { SessionOptions } from './session.ts';

/** The least length of a key, in bytes: that of AES-256. */
const MIN_BYTES = 32;

const HEX = /^(?:[\da-f]{2})+$/i;
const BASE64 = /^[\w+/-]+={0,2}$/;

/** The texts of the keys; undefined if there are none. */
export function keyTexts(
  { keys }: SessionOptions,
  env?: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  if (keys === undefined) return undefined;
  if (Array.isArray(keys)) return keys;
  const text = secretText(keys as Exclude<typeof keys, readonly string[]>, env);
  return text?.split(',').map(each => each.trim());
}

/** The bytes of a key; undefined if it is too short, or neither hexadecimal nor base64. */
export function keyBytes(text: string): Buffer | undefined {
  const bytes = HEX.test(text) ? Buffer.from(text, 'hex') : BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  return bytes !== undefined && bytes.length >= MIN_BYTES ? bytes : undefined;
}
