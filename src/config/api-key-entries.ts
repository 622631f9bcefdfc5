import { hash } from 'node:crypto';
import type { User } from '../core/user.ts';

/** In place of an identity provider: the project itself vouches for them. */
export const KEY_ISSUER = 'api-key';

const HASH = /^[0-9a-f]{64}$/i;

/** What a shell makes of a variable that is not set. */
const HASH_OF_NOTHING = hash('sha256', '');

/** What is wrong with an entry. It never has the text of the entry, which may be the key itself. */
interface KeyMistake {
  /** Of the entry in the list, from 0. */
  readonly index: number;
  /** `entry 2 has no SHA-256 of 64 hexadecimal digits`. */
  readonly message: string;
}

interface ParsedKeys {
  /** By the hash of their key, in small letters. */
  readonly users: ReadonlyMap<string, User>;
  readonly mistakes: readonly KeyMistake[];
}

/**
 * The users of API keys, from entries `name hash scope scope…`. Two entries may have one name: the old key and the new
 * one of a rotation.
 */
export function parseKeys(entries: readonly string[]): ParsedKeys {
  const users = new Map<string, User>();
  const mistakes: KeyMistake[] = [];
  const firstWith = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const [subject = '', text = '', ...scopes] = entry.trim().split(/\s+/);
    const digest = text.toLowerCase();
    const mistake = mistakeIn(subject, digest, firstWith.get(digest));
    if (mistake === undefined) {
      firstWith.set(digest, index);
      users.set(digest, { issuer: KEY_ISSUER, subject, claims: {}, scopes: [...new Set(scopes)], roles: [] });
    } else mistakes.push({ index, message: `entry ${index + 1} ${mistake}` });
  }
  return { users, mistakes };
}

function mistakeIn(name: string, digest: string, earlier: number | undefined): string | undefined {
  if (HASH.test(name)) return 'has no name in front of its hash';
  if (!HASH.test(digest)) return 'has no SHA-256 of 64 hexadecimal digits';
  if (digest === HASH_OF_NOTHING) return 'has the hash of an empty key';
  return earlier === undefined ? undefined : `has the hash of entry ${earlier + 1}`;
}
